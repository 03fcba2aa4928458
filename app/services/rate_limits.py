"""How often someone may try something."""

from math import ceil
from time import time
from typing import NoReturn

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

    async def check(self, rate: str, what: str, who: str) -> None:
        """Raises RateLimited, with the seconds to wait, where there were too many tries; counts none."""
        if self.rates.enable and not await self._limiter.test(parse(rate), what, who):
            await self._refuse(rate, what, who)

    async def hit(self, rate: str, what: str, who: str) -> None:
        """Counts one try; raises RateLimited where there were too many."""
        if self.rates.enable and not await self._limiter.hit(parse(rate), what, who):
            await self._refuse(rate, what, who)

    async def _refuse(self, rate: str, what: str, who: str) -> NoReturn:
        reset_at, _ = await self._limiter.get_window_stats(parse(rate), what, who)
        raise RateLimited(retry_after=max(ceil(reset_at - time()), 1))
