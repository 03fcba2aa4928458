"""Erasure of an account: its personal data is deleted, and what others rely on stays."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.modules.accounts_module.services import erasure
from app.modules.accounts_module.tests.erasing import begin, erase, until_done
from app.modules.accounts_module.tests.signing_in import sign_in
from app.utils.container import Container
from tests.fakers import API, PASSWORD, FakeClient, eventually, ok, problem
from tests.manage import manage
from tests.waiting import until_waiting

pytestmark = pytest.mark.usefixtures("erasing_at_once")


async def test_an_erased_account_is_shown_without_names_and_cannot_sign_in(
    container: Container, connection: Connection, server: httpx.AsyncClient, anna: FakeClient, boris: FakeClient
) -> None:
    ok(await anna.patch("/accounts/me", {"bio": "Пишу код и письма", "display_name": "Анна Каренина"}))
    await erase(container, connection, anna)
    problem(await anna.get("/accounts/me"), 401, "unauthenticated")
    problem(await anna.post("/accounts/refresh", {"refresh_token": anna.refresh_token}), 401, "unauthenticated")
    shown = ok(await boris.get(f"/accounts/{anna.id}"))
    assert shown == {
        "id": anna.id,
        "username": f"deleted-{anna.uuid.hex}",
        "display_name": "",
        "bio": "",
        "online": False,
        "last_seen_at": None,
        "typ": "user",
        "avatar": None,
    }
    for login in (anna.username, f"{anna.username}@example.com", shown["username"]):
        problem(await sign_in(server, login), 401, "unauthenticated")
    assert [user["id"] for user in ok(await boris.get("/accounts"))["items"]] == [boris.id]
    assert ok(await boris.get("/accounts", query="deleted"))["items"] == []


async def test_no_row_holds_personal_data_after_erasure(
    container: Container, connection: Connection, anna: FakeClient, boris: FakeClient
) -> None:
    ok(await anna.patch("/accounts/me", {"bio": "nightingale", "display_name": "nightingale"}))
    await erase(container, connection, anna)
    words = ["%nightingale%", f"%{anna.username}%"]
    for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        table = row["tablename"]
        if table != "username_hold":
            count = f'SELECT count(*) FROM "{table}" t WHERE t::text ILIKE ANY($1)'  # noqa: S608 - a table of ours
            assert await connection.fetchval(count, words) == 0, table
    sessions = await connection.fetch("SELECT user_agent, address FROM auth_session WHERE account_id = $1", anna.uuid)
    assert {tuple(session.values()) for session in sessions} == {("", "")}
    assert await connection.fetchval("SELECT user_agent FROM auth_session WHERE account_id = $1", boris.uuid)


async def test_after_erasure_the_username_is_held_for_a_time_and_the_email_is_free_at_once(
    container: Container, connection: Connection, server: httpx.AsyncClient, anna: FakeClient
) -> None:
    await erase(container, connection, anna)
    body = {"email": f"{anna.username}@example.com", "password": PASSWORD, "username": anna.username}
    problem(await server.post(f"{API}/accounts/sign-up", json=body), 409, "conflict")
    ok(await server.post(f"{API}/accounts/sign-up", json=body | {"username": "another"}))
    await connection.execute("UPDATE username_hold SET held_until = now()")
    ok(await server.post(f"{API}/accounts/sign-up", json=body | {"email": "third@example.com"}))


async def test_an_erased_account_leaves_its_groups_and_the_senior_admin_becomes_owner(
    container: Container,
    connection: Connection,
    anna: FakeClient,
    boris: FakeClient,
    clara: FakeClient,
    stranger: FakeClient,
) -> None:
    club = await anna.open_chat(boris, clara, stranger, title="club")
    ok(await anna.patch(f"/chats/{club}/members/{stranger.id}", {"role": "admin"}))
    before = ok(await boris.get(f"/chats/{club}"))
    await erase(container, connection, anna)
    chat = ok(await boris.get(f"/chats/{club}"))
    assert (chat["owner_id"], chat["member_count"]) == (stranger.id, 3)
    events = await boris.events(club, after=before["event_seq"])
    assert [(event["kind"], event["data"].get("account_id")) for event in events] == [
        ("member.changed", anna.id),
        ("member.changed", stranger.id),
        ("chat.updated", None),
        ("member.removed", anna.id),
    ]
    assert [event["seq"] for event in events] == list(range(before["event_seq"] + 1, chat["event_seq"] + 1))
    problem(await boris.post(f"/chats/{club}/members", {"account_ids": [anna.id]}), 403, "forbidden")
    problem(await stranger.post(f"/chats/{club}/members", {"account_ids": [anna.id]}), 422, "validation_error")


async def test_without_an_admin_the_senior_member_becomes_owner_and_an_empty_chat_is_deleted(
    container: Container, connection: Connection, anna: FakeClient, boris: FakeClient, clara: FakeClient
) -> None:
    club, alone, guest = (
        await anna.open_chat(boris, clara, title="club"),
        await anna.open_chat(title="alone"),
        await boris.open_chat(anna, title="guest"),
    )
    await erase(container, connection, anna)
    assert ok(await clara.get(f"/chats/{club}"))["owner_id"] == boris.id
    assert ok(await boris.get(f"/chats/{guest}"))["owner_id"] == boris.id
    assert await connection.fetchval("SELECT deleted_at IS NOT NULL FROM chat WHERE id = $1", UUID(alone))


async def test_messages_are_kept_or_deleted_as_requested(
    container: Container, connection: Connection, anna: FakeClient, boris: FakeClient, club: str
) -> None:
    left = await boris.open_chat(anna, title="left")
    direct = await anna.open_chat(boris, type="direct")
    for chat in (club, left, direct):
        await anna.send(chat, "words of anna")
        await boris.send(chat, "words of boris")
    await anna.call("DELETE", f"/chats/{left}/members/{anna.id}")
    await erase(container, connection, anna, "keep")

    async def texts() -> list[list[str]]:
        return [[m["text"] for m in ok(await boris.get(f"/chats/{c}/messages"))["items"]] for c in (club, left, direct)]

    assert await texts() == [["words of anna", "words of boris"]] * 3
    # Erase it again, by the username that it has now.
    anna.username = f"deleted-{anna.uuid.hex}"
    await erase(container, connection, anna, "delete")
    assert await texts() == [["", "words of boris"]] * 3
    for chat in (club, left, direct):
        events = await boris.events(chat)
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        assert "words of anna" not in str(events)
        assert "message.deleted" in {event["kind"] for event in events}


async def test_the_last_event_of_the_account_stream_is_kept(
    container: Container, connection: Connection, anna: FakeClient, club: str
) -> None:
    before = ok(await anna.get("/accounts/me"))["event_seq"]
    await erase(container, connection, anna)
    (stream,) = await connection.fetch("SELECT first_seq, last_seq FROM stream WHERE id = $1", anna.uuid)
    assert stream["first_seq"] == stream["last_seq"] > before
    assert await connection.fetchval("SELECT count(*) FROM event WHERE stream_id = $1", anna.uuid) == 1


async def test_the_account_is_closed_at_once_and_hooks_wait_until_its_tokens_have_ended(
    container: Container,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    anna: FakeClient,
    boris: FakeClient,
    club: str,
) -> None:
    monkeypatch.setattr(erasure, "TOKENS_END_AFTER", timedelta(hours=1))
    await begin(container, anna)

    async def waits() -> bool:
        return bool(await connection.fetchval("SELECT count(*) FROM job WHERE run_at > now() + interval '59 minutes'"))

    await eventually(waits, 30)
    problem(await anna.get("/accounts/me"), 401, "unauthenticated")
    assert ok(await boris.get(f"/chats/{club}"))["owner_id"] == anna.id
    monkeypatch.setattr(erasure, "TOKENS_END_AFTER", timedelta(0))
    await connection.execute("UPDATE job SET run_at = now()")
    await until_done(connection)
    assert ok(await boris.get(f"/chats/{club}"))["owner_id"] == boris.id


async def test_the_pause_after_closing_ends_by_the_clock_of_the_database(
    container: Container, connection: Connection, monkeypatch: pytest.MonkeyPatch, anna: FakeClient, club: str
) -> None:
    """The clock of the process that continues may be ahead of that of the process that closed the account."""
    monkeypatch.setattr(erasure, "TOKENS_END_AFTER", timedelta(hours=1))
    await begin(container, anna)
    waiting = "SELECT count(*) FROM job WHERE name = 'accounts.erase' AND run_at > now() + interval '59 minutes'"

    async def is_resolved() -> bool:
        left = await connection.fetchval("SELECT count(*) FROM job WHERE name = 'accounts.erase'")
        return not left or bool(await connection.fetchval(waiting))

    await eventually(is_resolved, 30)
    monkeypatch.setattr(erasure, "now", lambda: datetime.now(UTC) + timedelta(hours=2))
    await connection.execute("UPDATE job SET run_at = now()")
    await eventually(is_resolved, 30)
    assert await connection.fetchval(waiting) == 1


async def test_an_account_erased_after_the_password_check_opens_no_session(
    container: Container, connection: Connection, server: httpx.AsyncClient, anna: FakeClient
) -> None:
    """Hashing takes time. The account may be erased meanwhile."""
    async with connection.transaction():
        await connection.execute("SELECT FROM account WHERE id = $1 FOR UPDATE", anna.uuid)
        body = {"login": anna.username, "password": PASSWORD}
        signing_in = asyncio.create_task(server.post(f"{API}/accounts/sign-in", json=body))

        await until_waiting(container, 1)
        await connection.execute(
            "UPDATE account SET erased_at = now(), username = 'deleted-x', password_hash = NULL WHERE id = $1",
            anna.uuid,
        )
    problem(await signing_in, 401, "unauthenticated")


async def test_an_operator_erases_an_account(
    container: Container,
    connection: Connection,
    database_address: DatabaseAddress,
    anna: FakeClient,
    boris: FakeClient,
    club: str,
) -> None:
    await anna.send(club, "words of anna")
    result = await manage(database_address, "account", "erase", anna.username, "--messages", "delete", "--yes")
    assert result.exit_code == 0, result.output
    assert anna.username in result.output
    await until_done(connection)
    assert ok(await boris.get(f"/chats/{club}/messages"))["items"][0]["text"] == ""
    doctor = await manage(database_address, "doctor", "--least-free-mb=0")
    assert doctor.exit_code == 0, doctor.output
    for name, more in (("unknown", ()), (boris.username, ("--messages", "some"))):
        assert (await manage(database_address, "account", "erase", name, *more, "--yes")).exit_code != 0
    # Without a confirmation nothing is erased.
    assert (await manage(database_address, "account", "erase", boris.username, typed="n")).exit_code != 0
    ok(await boris.get("/accounts/me"))
