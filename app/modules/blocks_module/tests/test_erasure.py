"""Blocks by and of an account that is erased."""

import pytest

from app.adapters.db.connection import Connection
from app.modules.accounts_module.tests.erasing import erase
from app.modules.blocks_module.tests.blocking import block
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient

pytestmark = pytest.mark.usefixtures("erasing_at_once")

UNBLOCKED = "account.unblocked"


async def has_no_rows(container: Container) -> bool:
    return not await rows(
        container, "SELECT FROM account_block UNION ALL SELECT FROM chat WHERE send_checks IS NOT NULL"
    )


async def test_an_account_learns_that_its_block_has_ended_with_the_blocked_account(
    anna: FakeClient, boris: FakeClient, container: Container, connection: Connection
) -> None:
    await anna.open_chat(boris, type="direct")
    await block(anna, boris)
    await erase(container, connection, boris)
    assert await has_no_rows(container)
    (*_, last) = await anna.own_events()
    assert (last["kind"], last["data"]) == (UNBLOCKED, {"account_id": boris.id})


async def test_an_erased_account_leaves_no_trace_of_whom_it_had_blocked(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, container: Container, connection: Connection
) -> None:
    await anna.open_chat(boris, type="direct")
    for blocked in (boris, clara):
        await block(anna, blocked)
    await erase(container, connection, anna)
    assert await has_no_rows(container)
    assert [row["kind"] for row in await rows(container, "SELECT kind FROM event WHERE stream_id = $1", anna.uuid)] == [
        "account.updated"
    ]
    assert UNBLOCKED not in [event["kind"] for event in await boris.own_events()]


async def test_blocks_in_both_directions_end_together(
    anna: FakeClient, boris: FakeClient, container: Container, connection: Connection
) -> None:
    await anna.open_chat(boris, type="direct")
    await block(anna, boris)
    await block(boris, anna)
    await erase(container, connection, boris)
    assert await has_no_rows(container)
    assert [event["kind"] for event in await anna.own_events()].count(UNBLOCKED) == 1
