"""A replica that has more of a lost primary than the standby that was promoted: what it has too much is not shown."""

import asyncio
import signal
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from app.adapters.db import replicas
from app.adapters.db.migrations.commands import migrate
from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from app.utils.metrics import REGISTRY
from tests.fakers import FakeClient, eventually, ok
from tests.faults.scene.postgres import Pair, Postgres
from tests.servers import listening, settings_for


@pytest.fixture(autouse=True)
def checked_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicas, "CHECK_PERIOD", 0.1)


@pytest.fixture
async def other(pair: Pair) -> AsyncIterator[Postgres]:
    """A second standby."""
    other = Postgres(pair.primary.folder.parent / "other")
    try:
        await other.follow(pair.primary, "other")
        yield other
    finally:
        await other.stop()


@pytest.fixture
async def node(pair: Pair, other: Postgres, base_settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a process that reads from the first standby and fails over to the second one."""
    assert pair.primary.address is not None
    assert pair.standby.address is not None
    assert other.address is not None
    await asyncio.to_thread(migrate, pair.primary.address)
    servers = replace(pair.primary.address, host=f"{pair.primary.address.host},{other.address.host}")
    db = settings_for(servers).model_copy(update={"replica_addresses": pair.standby.address.host})
    async with (
        listening(build_app(replace(base_settings, db=db))) as address,
        httpx.AsyncClient(base_url=f"http://{address}", timeout=60) as node,
    ):
        yield node


def from_replica() -> float:
    return REGISTRY.get_sample_value("messenger_reads_total", {"target": "replica"}) or 0.0


async def test_a_replica_that_is_ahead_of_the_promoted_standby_is_not_read(
    pair: Pair, other: Postgres, node: httpx.AsyncClient
) -> None:
    anna = await FakeClient.sign_up(node)
    club = await anna.open_chat()

    async def texts() -> list[str]:
        return [item["text"] for item in ok(await anna.get(f"/chats/{club}/messages"))["items"]]

    async def is_read_from_the_replica() -> bool:
        before = from_replica()
        await texts()
        return from_replica() > before

    async def has_all(standby: Postgres) -> bool:
        return bool(await standby.query(f"SELECT pg_last_wal_replay_lsn() >= '{lsn}'"))

    await eventually(is_read_from_the_replica)
    lsn = await pair.primary.query("SELECT pg_current_wal_lsn()::text")
    await eventually(lambda: has_all(other))
    # It receives no more, and the replica does.
    await other.query("ALTER SYSTEM SET primary_conninfo = ''")
    await other.query("SELECT pg_reload_conf()")
    await eventually(lambda: other.query("SELECT NOT EXISTS (SELECT FROM pg_stat_wal_receiver)"))
    await anna.send(club, "lost")
    lsn = await pair.primary.query("SELECT pg_current_wal_lsn()::text")
    await eventually(lambda: has_all(pair.standby))
    await pair.primary.end(signal.SIGKILL)
    await other.promote()

    async def is_back() -> bool:
        return (await anna.get("/accounts/me")).status_code == 200

    await eventually(is_back)
    assert await texts() == []
    await anna.send(club, "kept")
    assert await texts() == ["kept"]
