"""Rate limits.

Every request is counted, so counting happens in this process and awaits nothing. If a store is configured, each
process exchanges its counts with the store twice a second. Together the processes exceed a limit by at most the
requests of half a second. While the store is unavailable, each process counts alone. Windows end by elapsed time, so a
change of the wall clock does not move them.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache, lru_cache
from ipaddress import IPv6Address, ip_address
from math import ceil
from time import monotonic as time  # elapsed seconds: the wall clock may be set back
from time import time as wall_clock
from typing import TYPE_CHECKING

from limits import RateLimitItem, parse
from loguru import logger

from app.services.errors import RateLimited
from app.settings.limits_settings import ACCOUNT, LimitsSettings, RateLimit
from app.utils.background import running

__all__ = ["RateLimit", "RateLimits", "network_of"]

if TYPE_CHECKING:
    from limits.aio.storage import RedisStorage

    from app.services.http_requests import Caller

_AGREE_EVERY = 0.5
_STORE_TIMEOUT = 2.0
_FEWEST_TO_SWEEP = 10_000

_Key = tuple[str | int, ...]
"""The name of a limit, or the rate of one that has no setting, and what it counts for."""
_parse = cache(parse)


class _Window:
    """The attempts in one window of time: all known ones, and those not reported to the store yet."""

    __slots__ = ("amount", "began_at", "count", "ends_at", "is_shared", "item", "unreported")

    def __init__(self, item: RateLimitItem, now: float) -> None:
        self.item = item
        self.amount = item.amount
        self.began_at = now
        self.ends_at = now + item.get_expiry()
        self.count = self.unreported = 0
        self.is_shared = False

    def is_open(self, now: float) -> bool:
        """Returns True inside the window. False also before its beginning: the clock of a process that was restored on
        another machine may be set back.
        """
        return self.began_at <= now < self.ends_at


class RateLimits:
    """Counts attempts in fixed windows, which begin with the first attempt.

    `contributed` has the rates of the modules by the names of the limits.
    """

    def __init__(self, settings: LimitsSettings, contributed: Mapping[str, str] | None = None) -> None:
        self.is_enabled = settings.enable
        self._storage = settings.storage
        self._rates = {**(contributed or {}), "account": settings.account, "address": settings.address}
        self._windows: dict[_Key, _Window] = {}
        self._sweep_at = _FEWEST_TO_SWEEP
        self._is_over = False
        # The windows with counts to report to the store; None if each process counts for itself.
        self._unreported: dict[_Key, _Window] | None = {} if settings.enable and settings.is_shared else None

    def hit(self, limit: RateLimit | str, subject: str | int, *more: str | int, count: int = 1) -> None:
        """Counts `count` attempts. Raises RateLimited with the seconds to wait if there were too many.

        `subject` is the account or the IP address that it counts for: `limits.hit(NOTES, account_id.int)`. A rate
        that has no setting is followed by a name: `limits.hit("5/minute", "notes", account_id.int)`.
        """
        if not self.is_enabled:
            return
        key = (limit if isinstance(limit, str) else limit.name, subject, *more)
        now = time()
        window = self._windows.get(key)
        # `is_open` inline: every call comes here.
        if window is None or not window.began_at <= now < window.ends_at:
            rate = limit if isinstance(limit, str) else self.rate_of(limit)
            window = self._open(key, _parse(rate), now)
        if window.count >= window.amount:
            raise RateLimited(retry_after=max(ceil(window.ends_at - now), 1))
        window.count += count
        if self._unreported is not None:
            window.unreported += count
            self._unreported[key] = window

    def hit_call(self, caller: "Caller") -> None:
        """Counts a call of this caller."""
        self.hit(caller.rate or ACCOUNT, caller.rate_key)

    def rate_of(self, limit: RateLimit) -> str:
        """Returns the rate that the settings have for a limit."""
        try:
            return self._rates[limit.name]
        except KeyError:
            raise LookupError(f"no enabled module contributes the RateLimit {limit.name!r}") from None

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Synchronizes the counts with the store for the time of the block, which is the application's lifetime."""
        if self._unreported is None:
            yield
            return
        # Imported here: a server without such a store does not need them.
        from limits.aio.storage import RedisStorage
        from redis.asyncio import ConnectionPool

        address = self._storage.get_secret_value()
        pool = ConnectionPool.from_url(address, socket_timeout=_STORE_TIMEOUT, socket_connect_timeout=_STORE_TIMEOUT)
        store = RedisStorage(f"async+{address}", implementation="redispy", connection_pool=pool)  # type: ignore[arg-type]
        try:
            async with running(self._keep_synchronizing(store)):
                try:
                    yield
                finally:
                    self._is_over = True
        finally:
            await pool.disconnect()

    def _open(self, key: _Key, item: RateLimitItem, now: float) -> _Window:
        if len(self._windows) >= self._sweep_at:
            self._windows = {key: window for key, window in self._windows.items() if window.is_open(now)}
            self._sweep_at = max(_FEWEST_TO_SWEEP, 2 * len(self._windows))
        window = self._windows[key] = _Window(item, now)
        return window

    async def _keep_synchronizing(self, store: "RedisStorage") -> None:
        """Exchanges counts with the store until cancelled. `_is_over` ends it if the client swallows a cancellation."""
        was_unavailable = False
        while not self._is_over:
            await asyncio.sleep(_AGREE_EVERY)
            unreported, self._unreported = self._unreported or {}, {}
            try:
                while unreported:
                    key = next(iter(unreported))
                    await self._synchronize(store, key, unreported[key])
                    del unreported[key]
                was_unavailable = False
            except Exception as error:  # noqa: BLE001 - whatever it is, calls are served
                if not was_unavailable:
                    logger.warning(
                        "RATE_LIMIT_STORAGE is unavailable, each process counts calls separately: {!r}", error
                    )
                was_unavailable = True
                now = time()
                self._unreported = {
                    key: window for key, window in unreported.items() if window.is_open(now)
                } | self._unreported

    async def _synchronize(self, store: "RedisStorage", key: _Key, window: _Window) -> None:
        item, reported = window.item, window.unreported
        name = item.key_for(*key)
        total = await store.incr(name, item.get_expiry(), reported)
        window.unreported -= reported
        window.count = total + window.unreported
        if not window.is_shared:
            # All processes use the window of the process that counted first. The store returns the seconds that are
            # left of it, to which the library adds the wall clock.
            window.ends_at = time() + max(await store.get_expiry(name) - wall_clock(), 0)
            window.is_shared = True


@lru_cache(maxsize=10_000)
def network_of(address: str) -> str:
    """Returns the key of an IP address for counting: the address, or the /64 network of an IPv6 address.

    A client with IPv6 usually has all 2**64 addresses of its network.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    return str(parsed.ipv4_mapped or IPv6Address(int(parsed) >> 64 << 64))
