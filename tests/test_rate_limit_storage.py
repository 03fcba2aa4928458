"""What a process does while the store of shared rate limits is unavailable, or counts."""

from time import time

import pytest
from loguru import logger
from pydantic import SecretStr

from app.fastapi_engine.constructor import build_app
from app.services import rate_limits
from app.services.rate_limits import RateLimits
from app.settings import Settings
from app.settings.limits_settings import ACCOUNT, LimitsSettings
from tests.fakers import FakeClient, eventually
from tests.rates import limited
from tests.servers import served

UNAVAILABLE = SecretStr("redis://127.0.0.1:1")


async def test_requests_are_served_while_the_storage_is_unavailable(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "_AGREE_EVERY", 0.01)
    warnings: list[str] = []

    async def is_known() -> bool:
        return any("RATE_LIMIT_STORAGE is unavailable" in line for line in warnings)

    sink = logger.add(warnings.append, level="WARNING")
    try:
        async with served(build_app(limited(settings, LimitsSettings(storage=UNAVAILABLE)))) as http:
            anna = await FakeClient.sign_up(http, "anna")
            await eventually(is_known)
            await anna.send(await anna.open_chat())
    finally:
        logger.remove(sink)


async def test_calls_while_the_store_counts_are_counted_and_reported_next() -> None:
    limits, reported = RateLimits(LimitsSettings(storage=UNAVAILABLE)), list[int]()

    class Store:
        async def incr(self, _: str, __: int, amount: int) -> int:
            reported.append(amount)
            limits.hit(ACCOUNT, "anna")
            return sum(reported)

        async def get_expiry(self, _: str) -> float:
            return time() + 60

    limits.hit(ACCOUNT, "anna")
    [(key, window)] = limits._windows.items()
    for _ in range(2):
        await limits._synchronize(Store(), key, window)  # type: ignore[arg-type]
    assert (reported, window.count) == ([1, 1], 3)
