"""uvicorn's supervisor of several processes, told at once when one of them has died."""

import socket

import uvicorn
from uvicorn.supervisors import multiprocess


class Worker(multiprocess.Process):
    """A process that serves.

    The supervisor waits for a sign of it by a pipe. It held both ends of that: the end of the process was no end of the
    pipe, and was waited for as long as the sign itself.
    """

    def start(self) -> None:
        super().start()
        self.child_conn.close()


def serve_by_workers(config: uvicorn.Config, listener: socket.socket) -> None:
    """Until it is told to stop. A worker that dies, or gives no sign for too long, is replaced."""
    # The supervisor has no other place to name what it starts.
    multiprocess.Process = Worker  # type: ignore[misc]
    multiprocess.Multiprocess(config, sockets=[listener]).run()
