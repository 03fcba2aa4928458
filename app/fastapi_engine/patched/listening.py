"""uvicorn's server, which explains to an operator that it cannot listen."""

import socket
from collections.abc import Sequence
from typing import NoReturn

import uvicorn

from app.utils.err_message import stop_with


def format_address(host: str, port: int) -> str:
    """Returns the address as it is written in a URL."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def refuse_address(host: str, port: int, error: OSError) -> NoReturn:
    """Ends the process with one line about an address that it cannot use."""
    stop_with(
        f"cannot listen on {format_address(host, port)} ({error.strerror}): "
        "set API_HOST and API_SERVICE_PORT to an address that is free"
    )


class ListeningServer(uvicorn.Server):
    """Listens on a socket that was bound before. Until it does, another program may bind the port too, and listen.

    uvloop ignores that and closes the socket: the server would run without a port.
    """

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        start = self.lifespan.startup

        async def start_and_listen() -> None:
            await start()
            if not self.lifespan.should_exit:
                await self._listen(sockets or ())

        # Clients of a server that is starting are refused, so that a proxy takes another one.
        self.lifespan.startup = start_and_listen
        await super().startup(sockets)

    async def _listen(self, sockets: Sequence[socket.socket]) -> None:
        for listener in sockets:
            try:
                listener.listen(self.config.backlog)
            except OSError as error:
                await self.lifespan.shutdown()
                host, port = listener.getsockname()[:2]
                refuse_address(host, port, error)
