"""uvicorn's supervisor of several processes, told at once when one of them has died."""

import socket

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import multiprocess

from app.utils.err_message import REFUSED


class Worker(multiprocess.Process):
    """A process that serves.

    The supervisor waits for a sign of it by a pipe. It held both ends of that: the end of the process was no end of the
    pipe, and was waited for as long as the sign itself.
    """

    def start(self) -> None:
        super().start()
        self.child_conn.close()

    def target(self, sockets: list[socket.socket] | None = None) -> None:
        """Serves. A worker that has said what an operator has to correct ends as one that is not started again."""
        try:
            super().target(sockets)
        except SystemExit as end:
            raise SystemExit(STARTUP_FAILURE if end.code == REFUSED else end.code) from None


def serve_by_workers(config: uvicorn.Config, listener: socket.socket) -> None:
    """Until it is told to stop. A worker that dies, or gives no sign for too long, is replaced.

    One that cannot start, as for a wrong setting, ends them all.
    """
    # The supervisor has no other place to name what it starts.
    multiprocess.Process = Worker  # type: ignore[misc]
    supervisor = multiprocess.Multiprocess(config, sockets=[listener])
    supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise SystemExit(REFUSED)
