"""Responses whose head leaves together with the beginning of the body, by one system call and in one packet."""

from asyncio import AbstractEventLoop, BaseTransport, Transport
from collections.abc import Callable

from app.fastapi_engine.patched.upgrades import UpgradingProtocol


class ResponseTransport:
    """The transport of a connection as its responses use it, one after the other.

    What a response writes first waits for what it writes next, at most until the loop's next turn.
    """

    __slots__ = ("_close", "_head", "_is_begun", "_loop", "_transport")

    def __init__(self, transport: Transport, loop: AbstractEventLoop, close: Callable[[], None]) -> None:
        self._transport = transport
        self._loop = loop
        self._close = close
        self._head = b""
        self._is_begun = False

    def write(self, data: bytes) -> None:
        if self._is_begun:
            head, self._head = self._head, b""
            self._transport.write(head + data)
        else:
            self._is_begun, self._head = True, data
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Writes a head that waits, unless the client has gone: uvloop refuses to write to a lost connection."""
        if self._head and not self._transport.is_closing():
            self.write(b"")

    def end(self) -> None:
        """Ends one response. The next write is the beginning of another one."""
        self.flush()
        self._is_begun = False

    def close(self) -> None:
        self.flush()
        self._close()

    def release(self) -> None:
        """Forgets the protocol, which would otherwise wait for the garbage collector."""
        self._close = self._transport.close

    def is_closing(self) -> bool:
        return self._transport.is_closing()


class RespondingProtocol(UpgradingProtocol):
    """uvicorn's HTTP protocol with such responses."""

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self.response_transport = ResponseTransport(self.transport, self.loop, self.close_after_response)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.response_transport.release()

    def close_after_response(self) -> None:
        """Closes the connection behind a response."""
        raise NotImplementedError

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self.cycle.transport = self.response_transport  # type: ignore[assignment]

    def on_response_complete(self) -> None:
        self.response_transport.end()
        super().on_response_complete()
