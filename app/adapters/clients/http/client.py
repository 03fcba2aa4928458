"""The one client for outgoing HTTP requests to addresses that users give: previews, webhooks, push, sign-in providers.

It limits the time, the size and the redirects of each request, and reaches public addresses only (`networks.py`).
"""

import asyncio
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from time import monotonic

import httpcore
import httpx

from app.adapters.clients.http import metrics
from app.adapters.clients.http.backend import GuardedBackend, Resolve, Resolver, parse_literal
from app.adapters.clients.http.errors import (
    BadResponse,
    EgressError,
    InvalidUrl,
    TimedOut,
    TooLarge,
    TooManyRedirects,
    Unreachable,
)
from app.adapters.clients.http.response import HttpResponse
from app.adapters.clients.http.transport import GuardedTransport, default_tls
from app.settings.egress_settings import EgressSettings
from app.utils.tracing import NO_TRACING, SpanDetails, Tracing

_AGENT = "MessengerBackend/1"
_MAX_BYTES = 1_048_576
_MAX_CHUNKS = 10_000
"""A chunk of one byte takes as much time as 1000 bytes in large chunks."""
_MAX_URL = 2048
_HOST = re.compile(rb"[a-z0-9._-]+|[0-9a-f:.]+(%[^:]*)?")
"""A name, or an IPv6 address."""
_REDIRECTS = {301, 302, 303, 307, 308}
_KEPT_ON_REDIRECT = {"accept", "accept-language", "user-agent"}
"""Headers that another origin may see, too."""


class HttpClient:
    """Sends requests. It keeps no cookies, uses no proxy and reads no credentials from the environment."""

    def __init__(
        self,
        settings: EgressSettings,
        *,
        resolve: Resolve | None = None,
        backend: httpcore.AsyncNetworkBackend | None = None,
        make_tls: Callable[[], ssl.SSLContext] = default_tls,
        tracing: Tracing = NO_TRACING,
    ) -> None:
        """Opens nothing. `resolve`, `backend`, `make_tls`: other ways to find, reach and verify hosts, for tests."""
        self._timeout = settings.timeout_s
        self._resolver = Resolver()
        resolve = resolve or self._resolver
        self._guard = GuardedBackend(resolve, settings.networks, backend)
        self._guard_inside = GuardedBackend(resolve, settings.networks, backend, is_public_permitted=False)
        self.transport = GuardedTransport(self._guard, make_tls)
        """For libraries that bring an `httpx.AsyncClient` of their own."""
        self._transport_inside = GuardedTransport(self._guard_inside, make_tls)
        self._send = tracing.traced("outgoing request", self._follow, _span_details)

    async def request(
        self,
        method: str,
        url: str,
        *,
        purpose: str,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        max_bytes: int = _MAX_BYTES,
        may_cut: bool = False,
        max_redirects: int = 0,
        schemes: Sequence[str] = ("http", "https"),
        keeps_plain_inside: bool = False,
    ) -> HttpResponse:
        """Returns the response, whatever its status. Raises EgressError.

        - `purpose`: label of the metrics.
        - `max_bytes`: of a longer body only the beginning is returned with `may_cut`; without, TooLarge is raised.
        - `max_redirects`: with 0 a redirect is returned like any other response.
        - `keeps_plain_inside`: requests without TLS reach the networks of `EGRESS_ALLOW_NETWORKS` only.
        """
        began, outcome = monotonic(), "failed"
        try:
            async with asyncio.timeout(self._timeout):
                sent = {"user-agent": _AGENT, **{name.lower(): value for name, value in (headers or {}).items()}}
                response = await self._send(
                    method, url, sent, content, max_bytes, may_cut, max_redirects, tuple(schemes), keeps_plain_inside
                )
            outcome = "ok"
        except TimeoutError:
            outcome = TimedOut.outcome
            raise TimedOut from None
        except EgressError as error:
            outcome = error.outcome
            raise
        else:
            return response
        finally:
            metrics.REQUESTS.labels(purpose, outcome).inc()
            metrics.SECONDS.labels(purpose).observe(monotonic() - began)

    async def check(self, url: str) -> None:
        """Raises EgressError for a URL that `request` with `keeps_plain_inside` refuses. Connects to nothing.

        Of a host with TLS only an address is checked, not a name: the result would say which names exist inside.
        Without TLS, a name that does not exist is refused like one outside the allowed networks.
        """
        target = _parse(url, ("http", "https"))
        host = target.raw_host.decode()
        if target.scheme == "https":
            if parse_literal(host) is not None:
                await self._guard.find(host)
            return
        try:
            async with asyncio.timeout(self._timeout):
                await self._guard_inside.find(host)
        except TimeoutError:
            raise Unreachable from None

    async def aclose(self) -> None:
        await self.transport.aclose()
        await self._transport_inside.aclose()
        self._resolver.close()

    async def _follow(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None,
        max_bytes: int,
        may_cut: bool,
        max_redirects: int,
        schemes: Sequence[str],
        keeps_plain_inside: bool,
    ) -> HttpResponse:
        target = _parse(url, schemes)
        for redirects in range(max_redirects + 1):
            # No compression: a small response could become a large one.
            request = httpx.Request(
                method,
                target,
                headers={**headers, "accept-encoding": "identity"},
                content=content,
                # A host with two addresses is reached if the first one does not answer.
                extensions={"timeout": {"connect": self._timeout / 2}},
            )
            is_kept_inside = keeps_plain_inside and target.scheme == "http"
            transport = self._transport_inside if is_kept_inside else self.transport
            response = await transport.handle_async_request(request)
            try:
                location = response.headers.get("location")
                if not max_redirects or response.status_code not in _REDIRECTS or location is None:
                    body, is_cut = await _read(response, max_bytes, may_cut)
                    return HttpResponse(response.status_code, str(target), response.headers, body, is_cut)
            finally:
                await response.aclose()
            if redirects == max_redirects:
                break
            before, target = target, _join(target, location, schemes)
            if response.status_code not in (307, 308) and method != "HEAD":
                method, content = "GET", None
            if _origin(target) != _origin(before):
                headers = {name: value for name, value in headers.items() if name in _KEPT_ON_REDIRECT}
        raise TooManyRedirects


def _span_details(method: str, url: str, *_: object) -> SpanDetails:
    """Returns the host alone: the rest of the address may be a secret. Other hosts do not receive the trace's id."""
    try:
        host = httpx.URL(url).host
    except (httpx.InvalidURL, ValueError):
        host = "(invalid)"
    return SpanDetails({"http.request.method": method, "server.address": host})


def _parse(url: str, schemes: Sequence[str]) -> httpx.URL:
    """Raises InvalidUrl also for credentials in the URL: they would be sent to the host."""
    try:
        parsed = httpx.URL(url)
        # The library decodes Punycode, and may refuse it, when the host is read.
        is_host = parsed.host and _HOST.fullmatch(parsed.raw_host)
    except (httpx.InvalidURL, ValueError):
        raise InvalidUrl from None
    is_plain = not parsed.userinfo and len(str(parsed)) <= _MAX_URL
    is_port = parsed.port is None or 0 < parsed.port < 65_536
    if parsed.scheme not in schemes or not is_host or not is_port or not is_plain:
        raise InvalidUrl
    return parsed


def _join(url: httpx.URL, location: str, schemes: Sequence[str]) -> httpx.URL:
    try:
        return _parse(str(url.join(location)), schemes)
    except (httpx.InvalidURL, ValueError):
        raise InvalidUrl from None


def _origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host, url.port


async def _read(response: httpx.Response, max_bytes: int, may_cut: bool) -> tuple[bytes, bool]:
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise BadResponse
    body, chunks = bytearray(), 0
    async for chunk in response.aiter_raw():
        body += chunk
        chunks += 1
        if len(body) > max_bytes or chunks > _MAX_CHUNKS:
            if not may_cut:
                raise TooLarge
            return bytes(body[:max_bytes]), True
    return bytes(body), False
