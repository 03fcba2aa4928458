"""The transport of httpx over the guarded backend."""

import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import cache

import httpcore
import httpx

from app.adapters.clients.http.errors import BadResponse, TimedOut, Unreachable

_MAX_CONNECTIONS = 100
_MAX_KEPT = 20
_KEPT_FOR = 5.0


@cache
def default_tls() -> ssl.SSLContext:
    """Verifies certificates with the authorities of certifi, or those that SSL_CERT_FILE or SSL_CERT_DIR name."""
    return httpx.create_ssl_context()


class GuardedTransport(httpx.AsyncBaseTransport):
    """A transport for `httpx.AsyncClient`. It uses no proxy. The pool is created with the first request."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend, make_tls: Callable[[], ssl.SSLContext]) -> None:
        self._backend = backend
        self._make_tls = make_tls
        self._pool: httpcore.AsyncConnectionPool | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises EgressError."""
        if self._pool is None:
            self._pool = httpcore.AsyncConnectionPool(
                ssl_context=self._make_tls(),
                max_connections=_MAX_CONNECTIONS,
                max_keepalive_connections=_MAX_KEPT,
                keepalive_expiry=_KEPT_FOR,
                network_backend=self._backend,
            )
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        with _errors():
            response = await self._pool.handle_async_request(
                httpcore.Request(
                    request.method,
                    url,
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(response.status, headers=response.headers, stream=_Stream(response))

    async def aclose(self) -> None:
        if self._pool is not None:
            await self._pool.aclose()
            self._pool = None


class _Stream(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _errors():
            async for chunk in self._response.aiter_stream():
                yield chunk

    async def aclose(self) -> None:
        await self._response.aclose()


@contextmanager
def _errors() -> Iterator[None]:
    """Turns the errors of httpcore into those of this library."""
    try:
        yield
    except httpcore.TimeoutException:
        raise TimedOut from None
    except (httpcore.ConnectError, httpcore.UnsupportedProtocol):
        raise Unreachable from None
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError):
        # httpcore turns only those of the handshake into errors of its own.
        raise BadResponse from None
