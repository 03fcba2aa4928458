"""How often someone may try something."""

from math import ceil
from time import time

from limits import parse
from limits.aio.strategies import MovingWindowRateLimiter
from limits.storage import storage_from_string

from app.services.errors import RateLimited
from app.settings.limits_settings import LimitsSettings


class RateLimits:
    """Counts in a moving window: in this process' memory, or where all processes count together."""

    def __init__(self, settings: LimitsSettings) -> None:
        self.rates = settings
        self._limiter = MovingWindowRateLimiter(storage_from_string(f"async+{settings.storage}"))

    async def hit(self, rate: str, what: str, who: str) -> None:
        """Counts one try; raises RateLimited, with the seconds to wait, where there were too many."""
        if not self.rates.enable:
            return
        limit = parse(rate)
        if not await self._limiter.hit(limit, what, who):
            reset_at, _ = await self._limiter.get_window_stats(limit, what, who)
            raise RateLimited(retry_after=max(ceil(reset_at - time()), 1))

    async def forgive(self, rate: str, what: str, who: str) -> None:
        """Forgets the tries: the last one was right."""
        if self.rates.enable:
            await self._limiter.clear(parse(rate), what, who)
