"""API keys: creating, using, listing and revoking them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.adapters.clients.bus import MemoryBus
from app.adapters.db.address import DatabaseAddress
from app.adapters.db.database import Database
from app.modules.accounts_module.errors import InvalidToken
from app.modules.accounts_module.services.authenticator import Authenticator
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.accounts_module.tests.erasing import begin
from app.modules.keys_module.db import note_use
from app.modules.keys_module.services import CLEANUP, KEYS, MAX_KEYS
from app.modules.keys_module.tests.keys import create_key, program_of
from app.settings import Settings
from app.utils.container import Container
from tests.busy import at_once
from tests.databases import rows
from tests.fakers import FakeClient, FakeSocket, eventually, ok, problem
from tests.periodic_jobs import run_once

PATH = "/accounts/me/keys"


async def test_a_program_acts_as_the_account_of_its_key(anna: FakeClient, boris: FakeClient, club: str) -> None:
    key = await create_key(anna)
    assert key["key"].startswith(f"mbk_{key['id']}_")
    program = program_of(anna, key)
    sent = await program.send(club, "Отчёт готов")
    assert sent["sender_id"] == anna.id
    assert ok(await boris.get(f"/chats/{club}/messages/1"))["sender_id"] == anna.id
    assert ok(await program.get("/accounts/me"))["id"] == anna.id


async def test_the_secret_is_shown_once_and_stored_nowhere(anna: FakeClient, container: Container) -> None:
    key = await create_key(anna, "chats:read")
    secret = key.pop("key").removeprefix(f"mbk_{key['id']}_")
    (shown,) = ok(await anna.get(PATH))["items"]
    assert shown == key
    (stored,) = await rows(container, "SELECT to_jsonb(k)::text AS row, secret_hash FROM api_key k")
    assert secret not in stored["row"] + str(await anna.own_events())
    assert secret.encode().hex() not in stored["row"]


async def test_keys_change_only_soon_after_a_sign_in(anna: FakeClient, container: Container) -> None:
    key = await create_key(anna)
    await rows(container, "UPDATE auth_session SET created_at = now() - interval '11 minutes' RETURNING id")
    for refused in (
        await anna.post(PATH, {"name": "Отчёты", "scopes": ["chats:read"]}),
        await anna.delete(f"{PATH}/{key['id']}"),
    ):
        problem(refused, 401, "reauthentication_required")
    assert len(ok(await anna.get(PATH))["items"]) == 1
    await anna.sign_in()
    assert (await anna.delete(f"{PATH}/{key['id']}")).status_code == 204


async def test_creating_and_revoking_are_events(anna: FakeClient) -> None:
    key = await create_key(anna, "messages:write", "chats:read")
    ok(await anna.delete(f"{PATH}/{key['id']}"))
    created, revoked = (await anna.own_events())[-2:]
    about = {"key_id": key["id"], "account_id": anna.id, "name": "Отчёты 📊"}
    assert (created["kind"], created["data"]) == (
        "security.key_created",
        {**about, "scopes": ["chats:read", "messages:write"]},
    )
    assert (revoked["kind"], revoked["data"]) == ("security.key_revoked", about)
    assert created["at"] == key["created_at"]


async def test_a_revoked_key_is_refused_at_once(anna: FakeClient) -> None:
    key = await create_key(anna)
    program = program_of(anna, key)
    ok(await program.get("/accounts/me"))
    assert (await anna.delete(f"{PATH}/{key['id']}")).status_code == 204
    problem(await program.get("/accounts/me"), 401, "unauthenticated")
    problem(await anna.delete(f"{PATH}/{key['id']}"), 404, "not_found")
    assert ok(await anna.get(PATH))["items"] == []


async def test_another_process_refuses_a_revoked_key_that_it_has_verified_before(
    anna: FakeClient, settings: Settings, container: Container, database_address: DatabaseAddress
) -> None:
    key = await create_key(anna)
    async with Database(database_address).connected() as database:
        # Without the notification: its bus is another one.
        revocations = Revocations(database, MemoryBus(), settings.auth.access_lifetime, [KEYS])
        authenticator = Authenticator(settings.auth, database, revocations, [KEYS], container)
        identity = await authenticator.identify(key["key"])
        assert (identity.account_id, identity.session_id) == (anna.uuid, UUID(key["id"]))
        ok(await anna.delete(f"{PATH}/{key['id']}"))
        await revocations.refresh()
        with pytest.raises(InvalidToken):
            await authenticator.identify(key["key"])


async def test_a_key_is_valid_for_longer_than_the_result_of_its_verification_is_used(
    anna: FakeClient, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.modules.accounts_module.services.authenticator._KIND_CACHED", 0.0)
    program = program_of(anna, await create_key(anna))
    for _ in range(3):
        ok(await program.get("/accounts/me"))


async def test_a_key_is_refused_after_its_expiry(anna: FakeClient, container: Container) -> None:
    key = await create_key(anna, expires_at=(datetime.now(UTC) + timedelta(seconds=5)).isoformat())
    program = program_of(anna, key)
    ok(await program.get("/accounts/me"))

    async def is_refused() -> bool:
        return (await program.get("/accounts/me")).status_code == 401

    await eventually(is_refused)


async def test_the_sockets_and_streams_of_a_revoked_key_are_closed(
    anna: FakeClient, boris: FakeClient, club: str, live_server: str
) -> None:
    key = await create_key(anna, "messages:read", "messages:write")
    program = program_of(anna, key)
    async with FakeSocket(program, live_server) as socket, FakeSocket(anna, live_server) as own:
        await boris.send(club)
        await socket.until(lambda: bool(socket.events[club]))
        assert (await socket.ask("send", chat_id=club, text="С сокета"))["sender_id"] == anna.id
        waiting = asyncio.create_task(program.get(f"/chats/{club}/events", after=4, wait=30))
        ok(await anna.delete(f"{PATH}/{key['id']}"))
        await socket.until(lambda: socket.close_code is not None)
        assert socket.close_code == 4401
        assert ok(await waiting)["items"] == []
        await own.ask("ping")
    assert await FakeSocket(program, live_server).refused() == 4401


@pytest.mark.parametrize(
    "change",
    [
        lambda key: key[:-1] + ("A" if key[-1] != "A" else "B"),
        lambda key: key[:-1],
        lambda key: key + "A",
        lambda key: key.replace("mbk_", "mbk_0"),
        lambda key: f"mbk_{uuid4()}{key[-44:]}",
        lambda key: f"mbk_{'-' * 36}_{'a' * 43}",
        lambda key: "mbk_",
    ],
)
async def test_another_key_is_refused(anna: FakeClient, change: Any) -> None:
    program = program_of(anna, await create_key(anna))
    program.headers["Authorization"] = f"Bearer {change(program.access_token)}"
    problem(await program.get("/accounts/me"), 401, "unauthenticated")


async def test_the_last_use_is_stored_once_a_minute(anna: FakeClient, container: Container) -> None:
    key = await create_key(anna)
    assert key["last_used_at"] is None
    program = program_of(anna, key)
    for _ in range(5):
        ok(await program.get("/accounts/me"))
    (shown,) = ok(await anna.get(PATH))["items"]
    assert shown["last_used_at"] >= key["created_at"]
    async with container.get(Database).connection() as connection:
        await note_use(connection, UUID(key["id"]), datetime.now(UTC))
        assert ok(await anna.get(PATH))["items"] == [shown]
        await note_use(connection, UUID(key["id"]), datetime.now(UTC) + timedelta(minutes=2))
    assert ok(await anna.get(PATH))["items"][0]["last_used_at"] > shown["last_used_at"]


async def test_an_account_has_a_limited_number_of_keys(
    anna: FakeClient, boris: FakeClient, container: Container
) -> None:
    for _ in range(MAX_KEYS - 1):
        await create_key(anna)
    body = {"name": "Ещё", "scopes": ["chats:read"]}
    answers = await at_once(*[lambda: anna.post(PATH, body)] * 3)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    await create_key(boris)
    page = ok(await anna.get(PATH, limit=20))
    rest = ok(await anna.get(PATH, limit=200, cursor=page["next_cursor"]))
    assert len({key["id"] for key in page["items"] + rest["items"]}) == MAX_KEYS
    assert rest["next_cursor"] is None
    # A key that was revoked and one that has expired make room.
    revoked, expired, *_ = [key["id"] for key in page["items"]]
    ok(await anna.delete(f"{PATH}/{revoked}"))
    ok(await anna.post(PATH, body))
    await rows(container, "UPDATE api_key SET expires_at = now() WHERE id = $1", UUID(expired))
    ok(await anna.post(PATH, body))
    problem(await anna.post(PATH, body), 409, "conflict")


async def test_keys_of_others_are_neither_listed_nor_revoked(anna: FakeClient, boris: FakeClient) -> None:
    key = await create_key(anna)
    assert ok(await boris.get(PATH))["items"] == []
    problem(await boris.delete(f"{PATH}/{key['id']}"), 404, "not_found")
    ok(await program_of(anna, key).get("/accounts/me"))


async def test_invalid_values_get_422(anna: FakeClient) -> None:
    body = {"name": "Отчёты", "scopes": ["chats:read"]}
    changes: list[dict[str, Any]] = [
        {"name": " "},
        {"name": "x" * 65},
        {"name": "a\u202eb"},
        {"scopes": []},
        {"scopes": ["admin"]},
        {"scopes": ["chats:read"] * 9},
        {"scopes": None},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": 4_000_000_000},
        {"expires_at": "4000000000000"},
        {"expires_at": "2030-01-01T00:00:00"},
        {"is_admin": True},
    ]
    for change in changes:
        problem(await anna.post(PATH, body | change), 422, "validation_error")
    assert ok(await anna.post(PATH, body | {"scopes": ["chats:write", "chats:read", "chats:read"]}))["scopes"] == [
        "chats:read",
        "chats:write",
    ]


@pytest.mark.usefixtures("erasing_at_once")
async def test_the_keys_of_an_erased_account_end_with_its_sessions(anna: FakeClient, container: Container) -> None:
    program = program_of(anna, await create_key(anna))
    ok(await program.get("/accounts/me"))
    await begin(container, anna)

    async def is_refused() -> bool:
        return (await program.get("/accounts/me")).status_code == 401

    async def is_gone() -> bool:
        return not await rows(container, "SELECT FROM api_key")

    await eventually(is_refused)
    await eventually(is_gone)


async def test_keys_that_ended_long_ago_are_deleted(anna: FakeClient, container: Container) -> None:
    kept, revoked, expired = [(await create_key(anna))["id"] for _ in range(3)]
    ok(await anna.delete(f"{PATH}/{revoked}"))
    long_ago = datetime.now(UTC) - timedelta(days=90)
    await rows(container, "UPDATE api_key SET revoked_at = $1 WHERE id = $2", long_ago, UUID(revoked))
    await rows(container, "UPDATE api_key SET expires_at = $1 WHERE id = $2", long_ago, UUID(expired))
    await run_once(container, CLEANUP)
    assert [str(row["id"]) for row in await rows(container, "SELECT id FROM api_key")] == [kept]
