"""uvicorn's supervisor of several processes, which notices at once when one of them has died."""

import signal
import socket
import sys

import uvicorn
from loguru import logger
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import multiprocess

from app.fastapi_engine.patched.listening import ListeningServer
from app.utils.err_message import REFUSED


class Worker(multiprocess.Process):
    """A worker process.

    The supervisor pings it through a pipe. uvicorn's supervisor keeps both ends of the pipe open, so the pipe does not
    end with the process, and a death is noticed only after the ping's timeout.
    """

    def start(self) -> None:
        super().start()
        self.child_conn.close()

    def kill(self) -> None:
        """Ends a worker that the supervisor found dead or silent. uvicorn says so at a level that is not logged."""
        # The pipe may end a moment before the process.
        self.process.join(1)
        if self.exitcode is None:
            logger.warning("worker {} does not answer and is killed", self.pid)
        elif self.exitcode != STARTUP_FAILURE:
            logger.warning("worker {} has ended with status {}", self.pid, self.exitcode)
        super().kill()

    def target(self, sockets: list[socket.socket] | None = None) -> None:
        """Serves. A worker that ends with an error for the operator exits with a status that prevents a restart."""
        for number in (signal.SIGINT, signal.SIGTERM):
            # The server raises the signal again after it has stopped. By default that ends the process at once, and the
            # last lines of the log are not written.
            signal.signal(number, lambda *_: sys.exit())
        self._server = ListeningServer(self.config)
        try:
            super().target(sockets)
        except SystemExit as end:
            raise SystemExit(STARTUP_FAILURE if end.code == REFUSED else end.code) from None


def serve_by_workers(config: uvicorn.Config, listener: socket.socket) -> None:
    """Serves by workers until a signal to stop. A worker that dies, or does not answer pings, is replaced.

    If a worker cannot start, for example because of a wrong setting, all of them end.
    """
    # The supervisor has no option for the class of its processes.
    multiprocess.Process = Worker  # type: ignore[misc]
    supervisor = multiprocess.Multiprocess(config, sockets=[listener])
    supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise SystemExit(REFUSED)
