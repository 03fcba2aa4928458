"""Several processes with a shared rate limit storage, a Redis of the test's own."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from loguru import logger
from pydantic import SecretStr

from app.services import rate_limits
from app.services.errors import RateLimited
from app.services.rate_limits import RateLimits
from app.settings.limits_settings import ACCOUNT, LimitsSettings
from tests.adapters.embedded.support import eventually as eventually_so
from tests.fakers import eventually
from tests.processes import free_port


@contextmanager
def redis_server(port: int, folder: Path) -> Iterator[None]:
    """Debian's Redis on a port of its own. It stores nothing on disk."""
    program = shutil.which("redis-server")
    assert program, "the test of a shared store needs Redis: `apt-get update && apt-get install -y redis-server`"
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            assert eventually_so(lambda: _accepts(port), 30)
            yield
        finally:
            process.terminate()


def _accepts(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}", timeout=1)
    except httpx.ConnectError:
        return False
    except httpx.HTTPError:
        return True
    return True


def limits_at(port: int, rate: str) -> RateLimits:
    return RateLimits(LimitsSettings(storage=SecretStr(f"redis://127.0.0.1:{port}"), account=rate))


async def is_refused(limits: RateLimits) -> bool:
    try:
        limits.hit(ACCOUNT, "anna")
    except RateLimited:
        return True
    return False


async def is_shared(limits: RateLimits, count: int) -> bool:
    """Returns True if the process has this count of Anna's calls from the store."""
    return [(window.is_shared, window.count) for window in limits._windows.values()] == [(True, count)]


async def test_processes_with_a_shared_store_count_together(tmp_path: Path) -> None:
    port = free_port()
    with redis_server(port, tmp_path):
        one, other = limits_at(port, "1000/hour"), limits_at(port, "1000/hour")
        async with one.working(), other.working():
            for _ in range(1000):
                one.hit(ACCOUNT, "anna")
            # The other process admits a few requests before it knows the count; far fewer than it would alone.
            await eventually(lambda: is_refused(other), 40)
            with pytest.raises(RateLimited) as refused:
                other.hit(ACCOUNT, "anna")
            assert 3000 < (refused.value.retry_after or 0) <= 3600
            other.hit(ACCOUNT, "boris")


async def test_an_unavailable_storage_refuses_no_request_is_logged_once_and_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "_AGREE_EVERY", 0.01)
    port = free_port()
    warnings: list[str] = []
    sink = logger.add(lambda line: warnings.append(str(line)), level="WARNING", format="{message}")

    def unavailable() -> list[str]:
        return [line for line in warnings if "RATE_LIMIT_STORAGE is unavailable" in line]

    async def is_logged() -> bool:
        return bool(unavailable())

    try:
        here, there = limits_at(port, "9/hour"), limits_at(port, "9/hour")
        async with here.working(), there.working():
            for _ in range(5):
                here.hit(ACCOUNT, "anna")
                await asyncio.sleep(0.05)
            # Each process goes on with a count of its own.
            await eventually(lambda: is_refused(here))
            await eventually(is_logged)
            assert len(unavailable()) == 1
            with redis_server(port, tmp_path):
                # What was counted meanwhile is reported, and each process gets what the other one has reported.
                await eventually(lambda: is_shared(here, 9), 40)
                there.hit(ACCOUNT, "anna")
                await eventually(lambda: is_shared(there, 10), 40)
    finally:
        logger.remove(sink)
    assert len(warnings) <= 2
