"""Leaving: the own account is deactivated, comes back with a sign-in, and is erased otherwise."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.bots_module.tests.bots import add, create_bot
from app.modules.jobs_module.extension import Jobs
from app.modules.keys_module.tests.keys import create_key, program_of
from app.modules.leaving_module.services import END
from app.modules.leaving_module.tests.leaving import PATH, end_now, leave
from app.modules.schedules_module.tests.scheduling import (
    after,
    bring_forward,
    path_of,
    schedule,
    scheduled_of,
    texts_of,
    until_ended,
)
from app.modules.streams_module.services.log import now
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import API, PASSWORD, FakeClient, FakeSocket, eventually, ok, problem
from tests.waiting import begin_in_order


async def test_all_sessions_and_keys_end_at_once(anna: FakeClient, live_server: str) -> None:
    phone = await anna.another_device().sign_in()
    program = program_of(anna, await create_key(anna))
    async with FakeSocket(phone, live_server) as socket:
        assert (await leave(anna))["erase_at"] > now().isoformat()
        await socket.until(lambda: socket.close_code is not None)
        assert socket.close_code == 4401
    for client in (anna, phone, program):
        problem(await client.get("/accounts/me"), 401, "unauthenticated")
    problem(await phone.post("/accounts/refresh", {"refresh_token": phone.refresh_token}), 401, "unauthenticated")


async def test_signing_in_brings_the_account_back(anna: FakeClient, boris: FakeClient, club: str) -> None:
    before = ok(await boris.get(f"/accounts/{anna.id}"))["display_name"]
    await leave(anna)
    await anna.sign_in()
    assert ok(await anna.get("/accounts/me"))["display_name"] == before
    await anna.send(club, "Снова здесь")
    kinds = [event["kind"] for event in await anna.own_events()]
    assert [kind for kind in kinds if kind.startswith("account.")] == ["account.deactivated", "account.reactivated"]
    await leave(anna)


async def test_a_sign_in_during_the_deactivation_brings_the_account_back(
    anna: FakeClient, container: Container, connection: Connection
) -> None:
    phone = anna.another_device()
    async with connection.transaction():
        await connection.execute("SELECT FROM stream WHERE id = $1 FOR UPDATE", anna.uuid)
        both = await begin_in_order(container, leave(anna), phone.sign_in())
    await asyncio.gather(*both)
    ok(await phone.get("/accounts/me"))
    assert await connection.fetch("SELECT FROM account_leaving") == []


@pytest.mark.parametrize("messages", ["keep", "delete"])
async def test_an_account_that_does_not_come_back_is_erased(
    anna: FakeClient, boris: FakeClient, club: str, container: Container, messages: str
) -> None:
    alone = await anna.open_chat()
    await anna.send(club, "Прощайте")
    await leave(anna, messages)
    await end_now(container, anna, ago=timedelta(days=2))

    async def is_erased() -> bool:
        members = ok(await boris.get(f"/chats/{club}/members"))["items"]
        left = await rows(container, "SELECT FROM account_leaving")
        # The chats of the account are left one after the other.
        own = await rows(container, "SELECT FROM chat WHERE id = $1 AND deleted_at IS NULL", UUID(alone))
        return [member["account_id"] for member in members] == [boris.id] and not left and not own

    await eventually(is_erased)
    assert ok(await boris.get(f"/accounts/{anna.id}"))["display_name"] == ""
    message = ok(await boris.get(f"/chats/{club}/messages/1"))
    assert message["text"] == ("Прощайте" if messages == "keep" else "")
    assert (message["deleted_at"] is None) == (messages == "keep")
    refused = await anna.another_device().post("/accounts/sign-in", {"login": anna.username, "password": PASSWORD})
    problem(refused, 401, "unauthenticated")


async def test_an_account_that_came_back_is_not_erased(anna: FakeClient, container: Container) -> None:
    await leave(anna)
    await anna.sign_in()
    assert await rows(container, "SELECT FROM job WHERE name = 'leaving.end'") == []
    assert await rows(container, "SELECT FROM account_leaving") == []


async def test_an_end_that_was_cut_off_does_not_end_a_later_leave(anna: FakeClient, container: Container) -> None:
    """It runs again after its process was killed. Meanwhile the owner has come back and left again."""
    erase_at = (await leave(anna))["erase_at"]
    async with open_unit_of_work(container.get(Database)) as work:
        assert await container.get(Jobs).reschedule(work, END, anna.id, now(), owner_id=anna.uuid)

    async def has_run() -> bool:
        found = await rows(container, "SELECT run_at FROM job WHERE name = 'leaving.end' AND state = 'waiting'")
        return [row["run_at"].isoformat() for row in found] == [datetime.fromisoformat(erase_at).isoformat()]

    await eventually(has_run)
    await anna.sign_in()


async def test_a_deactivated_account_is_not_added_to_chats(anna: FakeClient, boris: FakeClient) -> None:
    await leave(anna)
    problem(await boris.post("/chats", {"type": "group", "member_ids": [anna.id]}), 403, "forbidden")
    await anna.sign_in()
    await boris.open_chat(anna)


async def test_a_wrong_password_and_an_old_session_are_refused(anna: FakeClient, container: Container) -> None:
    problem(await anna.post(PATH, {"password": "guessed", "messages": "keep"}), 403, "forbidden")
    problem(await anna.post(PATH, {"password": PASSWORD}), 422, "validation_error")
    problem(await anna.post(PATH, {"password": PASSWORD, "messages": "burn"}), 422, "validation_error")
    await rows(container, "UPDATE auth_session SET created_at = now() - interval '11 minutes'")
    problem(await anna.post(PATH, {"messages": "keep"}), 401, "reauthentication_required")
    again = await anna.another_device().sign_in()
    ok(await again.post(PATH, {"messages": "keep"}))


async def test_a_session_that_ends_while_its_request_arrives_deactivates_nothing(anna: FakeClient) -> None:
    phone = await anna.another_device().sign_in()
    (lost,) = [each["id"] for each in ok(await anna.get("/accounts/sessions"))["items"] if not each["current"]]

    async def body() -> AsyncIterator[bytes]:
        yield b'{"messages": "keep", '
        assert (await anna.delete(f"/accounts/sessions/{lost}")).status_code == 204
        yield b'"password": "%s"}' % PASSWORD.encode()

    headers = {**phone.headers, "Content-Type": "application/json"}
    problem(await phone.http.post(f"{API}{PATH}", headers=headers, content=body()), 401, "unauthenticated")
    ok(await anna.get("/accounts/me"))


async def test_a_scheduled_message_is_not_sent_while_its_author_is_leaving(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    bot = await create_bot(boris)
    await add(anna, club, bot)
    by_author, by_bot = await schedule(boris, club, "Доброе утро"), await schedule(bot, club, "Бот бодр")
    await leave(boris)
    assert await bring_forward(container, boris, by_author)
    assert await bring_forward(container, bot, by_bot)

    async def have_failed() -> bool:
        found = await rows(container, "SELECT state FROM scheduled_message")
        return [row["state"] for row in found] == ["failed", "failed"]

    await eventually(have_failed)
    assert await texts_of(anna, club) == []
    await boris.sign_in()
    (failed,) = await until_ended(boris)
    (kept,) = await scheduled_of(boris, club)
    assert (failed["code"], kept["failure"]["code"]) == ("forbidden", "forbidden")
    ok(await boris.patch(path_of(club, kept), {"send_at": after()}))
    assert await bring_forward(container, boris, kept)
    await until_ended(boris, 2)
    assert await texts_of(anna, club) == ["Доброе утро"]
