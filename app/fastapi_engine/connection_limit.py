"""The limit of connections that one IP address may have to this process."""

import resource
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from ipaddress import ip_address, ip_network

from app.services.rate_limits import network_of

LIMIT_STATE = "connection_limit"
"""The key of the limit in the lifespan's state."""
_MAX_FILES = 65_536


class ConnectionLimit:
    """Counts connections per IP address, for IPv6 per /64 network.

    Trusted proxies are not counted: they forward many clients and limit those themselves. No address gets more than
    half of the files that the process may open.
    """

    def __init__(self, limit: int, trusted: Sequence[str]) -> None:
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._limit = limit if files == resource.RLIM_INFINITY else min(limit, files // 2)
        networks = [ip_network(network, strict=False) for network in trusted]
        self._held: Counter[str] = Counter()

        @lru_cache(4096)
        def find_key(address: str) -> str | None:
            try:
                parsed = ip_address(address)
            except ValueError:
                return None
            parsed = getattr(parsed, "ipv4_mapped", None) or parsed
            return None if any(parsed in network for network in networks) else network_of(address)

        self._find_key = find_key

    def enter(self, address: str) -> Callable[[], None] | None:
        """Counts a connection. Returns a function that stops counting it; None if the address has reached the limit."""
        key = self._find_key(address)
        if key is None:
            return lambda: None
        if self._held[key] >= self._limit:
            return None
        self._held[key] += 1
        return partial(self._leave, key)

    def _leave(self, key: str) -> None:
        self._held[key] -= 1
        if not self._held[key]:
            del self._held[key]


def raise_file_limit() -> None:
    """Raises the limit of open files to what the system allows, up to 65,536, for this process and its children."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = _MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, _MAX_FILES)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
