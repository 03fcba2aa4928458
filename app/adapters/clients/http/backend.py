"""Connects to hosts: resolves a name once, checks every address, and connects to the addresses that were checked."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import httpcore

from app.adapters.clients.http.errors import Refused, Unreachable
from app.adapters.clients.http.networks import IPAddress, IPNetwork, is_permitted

Resolve = Callable[[str], Awaitable[Sequence[IPAddress]]]

_MAX_ADDRESSES = 4
"""Addresses of one host that are tried."""
_MAX_READ = 8192
"""Bytes that are parsed at once: chunks of one byte take up to 20 ms then."""


class Resolver:
    """Resolves names like the system, in threads of its own: a name server that hangs keeps no other work waiting."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="resolver")

    async def __call__(self, host: str) -> Sequence[IPAddress]:
        """Returns the addresses of a host, without duplicates. Raises OSError or UnicodeError."""
        found = await asyncio.get_running_loop().run_in_executor(self._threads, _resolve, host)
        return list(dict.fromkeys(found))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _resolve(host: str) -> list[IPAddress]:
    return [ip_address(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections for httpcore. `inner` is called with checked IP addresses only, never with a name.

    TLS is unaffected: httpcore verifies the certificate for the name in the URL. With `is_public_permitted=False` it
    reaches the `allowed` networks only.
    """

    def __init__(
        self,
        resolve: Resolve,
        allowed: Sequence[IPNetwork],
        inner: httpcore.AsyncNetworkBackend | None = None,
        *,
        is_public_permitted: bool = True,
    ) -> None:
        self._resolve = resolve
        self._allowed = allowed
        self._is_public_permitted = is_public_permitted
        self._inner = inner or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature of httpcore
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self.find(host)
        error: Exception = Unreachable()
        for address in addresses[:_MAX_ADDRESSES]:
            try:
                return _Stream(
                    await self._inner.connect_tcp(str(address), port, timeout, local_address, socket_options)
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failure:
                error = failure
        raise error

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise Refused

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)

    async def find(self, host: str) -> Sequence[IPAddress]:
        """Returns the addresses of a host. Raises Unreachable if there are none.

        Raises Refused if one of them is not permitted: the others may belong to the same attack.
        """
        literal = parse_literal(host)
        addresses = [literal] if literal is not None else await self._look_up(host)
        if not addresses:
            raise Unreachable
        if not all(is_permitted(address, self._allowed, self._is_public_permitted) for address in addresses):
            raise Refused
        return addresses

    async def _look_up(self, name: str) -> Sequence[IPAddress]:
        try:
            return await self._resolve(name)
        except (OSError, UnicodeError):
            raise Unreachable from None


class _Stream(httpcore.AsyncNetworkStream):
    """A connection with small reads, after each of which other tasks run: httpcore parses a whole read without a pause,
    and TLS returns what it has without one."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        data = await self._inner.read(min(max_bytes, _MAX_READ), timeout)
        await asyncio.sleep(0)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        return _Stream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def parse_literal(host: str) -> IPAddress | None:
    """Returns the IP address that a host is written as, and None for a name.

    Raises Refused for other notations of addresses, such as 2130706433, 0x7f.1 and 0177.0.0.1: the system's resolver
    would accept them.
    """
    try:
        if ":" in host:
            return IPv6Address(host)
        last = host.removesuffix(".").rpartition(".")[2].lower()
        is_number = last.isdecimal() or (last.startswith("0x") and set(last[2:]) <= set("0123456789abcdef"))
        return IPv4Address(host) if is_number else None
    except ValueError:
        raise Refused from None
