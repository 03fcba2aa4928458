"""A minimal HTTP client with one kept connection: libraries would cost more CPU than the servers."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from tests.faults.load.socket import NoAnswer

API = "/api/v1"
_JSON = {"Content-Type": "application/json"}


class Answer(NamedTuple):
    status: int
    head: bytes
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def code(self) -> str:
        """Returns the code of the problem, or the status."""
        try:
            return str(self.json["code"])
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return str(self.status)

    def header(self, name: str) -> str:
        """Returns the value of a header, empty if there is none."""
        found = re.search(rf"\r\n{name}: (.*?)\r\n".encode(), self.head, re.IGNORECASE)
        return found[1].decode() if found else ""

    @property
    def retry_after(self) -> bool:
        return b"\r\nretry-after: " in self.head.lower()


class Http:
    """One request at a time, on one connection to one server. A lost connection is replaced at the next request."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._turn = asyncio.Lock()

    async def ask(
        self,
        method: str,
        path: str,
        token: str = "",
        body: Any = None,
        headers: Mapping[str, str] = _JSON,
        *,
        seconds: float = 10.0,
    ) -> Answer:
        """Sends JSON, or bytes as they are. Raises NoAnswer."""
        payload = body if isinstance(body, bytes) else orjson.dumps(body) if body is not None else b""
        lines = {"Host": "messenger", **headers, "Content-Length": str(len(payload))}
        if token:
            lines["Authorization"] = f"Bearer {token}"
        written = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        head = f"{method} {path} HTTP/1.1\r\n{written}\r\n"
        async with self._turn:
            try:
                async with asyncio.timeout(seconds):
                    return await self._exchange(head.encode() + payload)
            except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError) as error:
                self.close()
                raise NoAnswer(repr(error)) from error
            except BaseException:
                self.close()
                raise

    def move(self, host: str, port: int) -> None:
        """Use another server from the next request on."""
        self.close()
        self._address = host, port

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def _exchange(self, request: bytes) -> Answer:
        if self._streams is None or self._streams[0].at_eof():
            self.close()
            self._streams = await asyncio.open_connection(*self._address)
        reader, writer = self._streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        lower = head.lower()
        length = lower.find(b"content-length: ")
        size = int(lower[length + 16 : lower.find(b"\r", length)]) if length >= 0 and request[:5] != b"HEAD " else 0
        body = await reader.readexactly(size) if size else b""
        if b"connection: close" in lower:
            self.close()
        return Answer(int(head.split(b" ", 2)[1]), head, body)
