"""A webhook that an API key has created posts no more than the key may, and ends with it."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.adapters.db.connection import Connection
from app.fastapi_engine.constructor import build_app
from app.modules.incoming_webhooks_module.services.ending import END_OF_KEYS
from app.modules.incoming_webhooks_module.services.hooks import MAX_HOOKS
from app.modules.incoming_webhooks_module.tests.hooks import create_hook, hook_events, post, texts_of
from app.modules.keys_module.tests.keys import create_key, program_of
from app.settings import Settings
from app.utils.container import Container
from tests.fakers import FakeClient, ok, problem
from tests.periodic_jobs import run_once
from tests.servers import served, without


@pytest.fixture
async def key(anna: FakeClient) -> dict[str, str]:
    return await create_key(anna, "webhooks:write", "messages:write")


@pytest.fixture
async def program(anna: FakeClient, key: dict[str, str]) -> FakeClient:
    return program_of(anna, key)


async def test_a_key_creates_a_webhook_only_if_it_may_write_messages(
    anna: FakeClient, club: str, program: FakeClient, server: httpx.AsyncClient
) -> None:
    for scopes in (["webhooks:write"], ["messages:write"]):
        limited = program_of(anna, await create_key(anna, *scopes))
        problem(await limited.post(f"/chats/{club}/incoming-webhooks", {"name": "Сборка"}), 403, "forbidden")
    assert (await post(server, await create_hook(program, club), "Готово")).text == "ok"
    assert await texts_of(anna, club) == ["Готово"]


async def test_a_webhook_ends_when_its_key_is_revoked(
    anna: FakeClient, club: str, key: dict[str, str], program: FakeClient, server: httpx.AsyncClient
) -> None:
    kept, ended = await create_hook(anna, club), await create_hook(program, club)
    ok(await anna.delete(f"/accounts/me/keys/{key['id']}"))
    answer = await post(server, ended, "Поздно")
    assert (answer.status_code, answer.text) == (404, "no_service")
    assert (await post(server, kept, "Готово")).text == "ok"
    assert await texts_of(anna, club) == ["Готово"]
    path = f"/chats/{club}/incoming-webhooks"
    assert [each["id"] for each in ok(await anna.get(path))["items"]] == [kept["id"]]
    problem(await anna.patch(f"{path}/{ended['id']}", {"name": "Моё"}), 404, "not_found")


async def test_webhooks_of_revoked_keys_leave_room_for_others(
    anna: FakeClient, club: str, key: dict[str, str], program: FakeClient
) -> None:
    for _ in range(MAX_HOOKS):
        await create_hook(program, club)
    problem(await anna.post(f"/chats/{club}/incoming-webhooks", {"name": "Сборка"}), 409, "conflict")
    ok(await anna.delete(f"/accounts/me/keys/{key['id']}"))
    await create_hook(anna, club)


async def test_members_learn_that_the_webhooks_of_an_expired_key_have_ended(
    anna: FakeClient,
    boris: FakeClient,
    club: str,
    program: FakeClient,
    container: Container,
    connection: Connection,
) -> None:
    soon = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    key = await create_key(anna, "webhooks:write", "messages:write", expires_at=soon)
    kept = [await create_hook(user, club) for user in (anna, program)]
    ended = [await create_hook(program_of(anna, key), chat) for chat in (club, await anna.open_chat())]
    await connection.execute("UPDATE api_key SET expires_at = now() WHERE id = $1", key["id"])
    await run_once(container, END_OF_KEYS)
    assert await connection.fetchval("SELECT count(*) FROM incoming_webhook") == len(kept)
    about = {"chat_id": club, "id": ended[0]["id"], "actor_id": None}
    assert (await hook_events(boris, club))[-1] == ("incoming_webhook.deleted", about)
    items = ok(await anna.get(f"/chats/{club}/incoming-webhooks"))["items"]
    assert {each["id"] for each in items} == {each["id"] for each in kept}


async def test_a_webhook_of_a_key_waits_while_the_module_of_keys_is_off(settings: Settings) -> None:
    async with served(build_app(settings)) as http:
        anna = await FakeClient.sign_up(http)
        hook = await create_hook(program_of(anna, await create_key(anna)), await anna.open_chat())
    app = build_app(without(settings, "commands", "bots", "keys"))
    async with served(app) as http:
        assert (await post(http, hook, "Рано")).text == "no_service"
        await run_once(app.state.container, END_OF_KEYS)
    async with served(build_app(settings)) as http:
        assert (await post(http, hook, "Готово")).text == "ok"
