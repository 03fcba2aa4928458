"""An owner comes back by a process without this module, while a chat is handed over, or too late."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.fastapi_engine.constructor import build_app
from app.modules.leaving_module.tests.leaving import end_now, leave
from app.modules.streams_module.services.log import Log
from app.settings import Settings
from app.utils.container import Container
from tests.busy import when_not_busy
from tests.databases import rows
from tests.fakers import PASSWORD, FakeClient, eventually, ok, problem
from tests.servers import served, without
from tests.waiting import until_waiting


@pytest.fixture
async def back(anna: FakeClient, club: str, settings: Settings) -> AsyncIterator[FakeClient]:
    """Anna has left, and has signed in at a process without the module."""
    await leave(anna)
    async with served(build_app(without(settings, "leaving"))) as http:
        yield await FakeClient(http, id=anna.id, username=anna.username).sign_in()


@pytest.mark.parametrize("is_signed_out", [False, True])
async def test_an_account_that_came_back_while_the_module_was_off_is_not_erased(
    anna: FakeClient, back: FakeClient, container: Container, is_signed_out: bool
) -> None:
    if is_signed_out:
        ok(await back.post("/accounts/sign-out"))
    await end_now(container, anna)

    async def has_ended() -> bool:
        return await rows(container, "SELECT FROM job WHERE name = 'leaving.end'") == []

    await eventually(has_ended)
    assert await rows(container, "SELECT FROM account_leaving") == []
    assert await rows(container, "SELECT FROM job WHERE name = 'accounts.erase'") == []
    await anna.sign_in()
    kinds = [event["kind"] for event in await anna.own_events()]
    assert [kind for kind in kinds if kind.startswith("account.")] == ["account.deactivated", "account.reactivated"]


@pytest.fixture
async def forgotten(anna: FakeClient, back: FakeClient, container: Container) -> FakeClient:
    """Anna, without an open session. Of her log only an event is left that comes after her sign-in."""
    ok(await back.patch("/accounts/me", {"display_name": "Анна К."}))
    ok(await back.post("/accounts/sign-out"))
    await rows(
        container,
        "DELETE FROM event e USING stream s WHERE s.id = $1 AND e.stream_id = s.id AND e.seq < s.last_seq",
        anna.uuid,
    )
    await rows(container, "UPDATE stream SET first_seq = last_seq WHERE id = $1", anna.uuid)
    return anna


async def until_time_is_left(container: Container) -> None:
    """Waits until the owner who is leaving has almost all of the time to come back."""

    async def is_left() -> bool:
        jobs = await rows(container, "SELECT run_at FROM job WHERE name = 'leaving.end' AND state = 'waiting'")
        leaving = await rows(container, "SELECT erase_at FROM account_leaving WHERE erase_at > now() + '13 days'")
        return [job["run_at"] for job in jobs] == [each["erase_at"] for each in leaving] != []

    await eventually(is_left)


async def test_an_owner_whose_sign_in_the_log_has_forgotten_has_the_time_to_come_back_again(
    forgotten: FakeClient, container: Container
) -> None:
    await end_now(container, forgotten, ago=timedelta(days=2))
    await until_time_is_left(container)
    await forgotten.sign_in()
    assert await rows(container, "SELECT FROM account_leaving") == []


async def test_an_owner_who_has_the_time_to_come_back_again_and_does_not_is_erased(
    forgotten: FakeClient, container: Container
) -> None:
    await end_now(container, forgotten, ago=timedelta(days=2))
    await until_time_is_left(container)
    await end_now(container, forgotten)

    async def is_erased() -> bool:
        return len(await rows(container, "SELECT FROM account WHERE erased_at IS NOT NULL")) == 1

    await eventually(is_erased)


async def test_an_account_that_came_back_while_the_module_was_off_is_added_to_chats(
    back: FakeClient, boris: FakeClient
) -> None:
    await boris.open_chat(back)


async def test_an_account_that_came_back_while_the_module_was_off_may_leave_again(
    anna: FakeClient, back: FakeClient, connection: Connection
) -> None:
    anna.headers = back.headers
    erase_at = (await leave(anna))["erase_at"]
    (row,) = await connection.fetch("SELECT erase_at FROM account_leaving")
    (job,) = await connection.fetch("SELECT run_at FROM job WHERE name = 'leaving.end'")
    assert row["erase_at"] == job["run_at"]
    assert row["erase_at"].isoformat().removesuffix("+00:00") == erase_at.removesuffix("Z")


@pytest.mark.usefixtures("erasing_at_once")
async def test_no_chat_is_handed_over_while_its_owner_is_coming_back(
    anna: FakeClient, boris: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    async with connection.transaction():
        async with open_unit_of_work(container.get(Database)) as work:
            await container.get(Log).lock(work, chats=[UUID(club)])
            await leave(anna)
            await until_waiting(container, 1)
            await connection.execute("SELECT FROM account_leaving FOR UPDATE")
            signing_in = asyncio.create_task(anna.another_device().sign_in())
            await until_waiting(container, 2)
        # Now the hand-over has the chat.
        await until_waiting(container, 2)
    await signing_in

    async def has_ended() -> bool:
        return await rows(container, "SELECT FROM job WHERE name = 'leaving.hand_over'") == []

    await eventually(has_ended)
    assert ok(await boris.get(f"/chats/{club}"))["owner_id"] == anna.id


async def test_an_account_whose_erasure_has_begun_does_not_come_back(anna: FakeClient, container: Container) -> None:
    await leave(anna)
    await rows(container, "UPDATE account_leaving SET ended_at = now()")
    sign_in = {"login": anna.username, "password": PASSWORD}
    refused = await when_not_busy(lambda: anna.another_device().post("/accounts/sign-in", sign_in))
    problem(refused, 401, "unauthenticated")
    assert await rows(container, "SELECT FROM event WHERE kind = 'account.reactivated'") == []
    assert len(await rows(container, "SELECT FROM account_leaving")) == 1
