"""What the outgoing client is tested with: servers on loopback, a resolver, and a backend that connects to loopback
only. Nothing leaves the machine."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Any

import httpcore

from app.adapters.clients.http import HttpClient
from app.adapters.clients.http.networks import IPAddress
from app.settings.egress_settings import EgressSettings

LOOPBACK = ("127.0.0.0/8", "::1/128")


class LoopbackBackend(httpcore.AnyIOBackend):
    """Records every connection that is asked for. It opens those to loopback, and no others."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    async def connect_tcp(self, host: str, port: int, *more: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        self.asked.append((host, port))
        if not ip_address(host).is_loopback:
            raise httpcore.ConnectError
        return await super().connect_tcp(host, port, *more, **options)


class FakeResolver:
    """Resolves names from a table. Each question takes the next of a name's answers, and the last one again."""

    def __init__(self, answers: Mapping[str, Sequence[Sequence[str]]] | None = None) -> None:
        self._answers = {name: list(given) for name, given in (answers or {}).items()}
        self.questions: list[str] = []

    async def __call__(self, host: str) -> Sequence[IPAddress]:
        self.questions.append(host)
        answers = self._answers.get(host)
        if not answers:
            raise OSError("no such host")
        return [ip_address(one) for one in (answers.pop(0) if len(answers) > 1 else answers[0])]


class RawServer:
    """A server on loopback that answers each request with the bytes of its path, and records what it receives."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests: list[str] = []
        self.pages: dict[str, bytes | Callable[[], Iterable[bytes]]] = {}
        self.port = 0

    @asynccontextmanager
    async def listening(self, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> AsyncIterator["RawServer"]:
        server = await asyncio.start_server(self._serve, host, 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.requests.append(head)
            page = self.pages.get(head.split()[1], response(b"", status="404 Not Found"))
            for chunk in [page] if isinstance(page, bytes) else page():
                writer.write(chunk)
                await writer.drain()
                if not isinstance(page, bytes):
                    await asyncio.sleep(0.05)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def url(self, path: str = "/", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


def response(body: bytes, *, status: str = "200 OK", **headers: str) -> bytes:
    """Returns an HTTP response. Underscores in the names of headers are hyphens."""
    lines = {"content-length": str(len(body)), "connection": "close"}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def redirect(location: str, status: str = "302 Found", **headers: str) -> bytes:
    return response(b"", status=status, location=location, **headers)


@asynccontextmanager
async def http_client(
    resolver: FakeResolver | None = None,
    backend: httpcore.AsyncNetworkBackend | None = None,
    *,
    allow: Sequence[str] = LOOPBACK,
    timeout_s: float = 10.0,
    **options: Any,
) -> AsyncIterator[HttpClient]:
    settings = EgressSettings(allow_networks=tuple(allow), timeout_s=timeout_s)
    client = HttpClient(settings, resolve=resolver or FakeResolver(), backend=backend or LoopbackBackend(), **options)
    try:
        yield client
    finally:
        await client.aclose()
