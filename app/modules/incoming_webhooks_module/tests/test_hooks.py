"""Creating, listing, renaming and deleting incoming webhooks."""

import asyncio
from uuid import UUID, uuid4

import httpx

from app.adapters.db.connection import Connection
from app.modules.incoming_webhooks_module.services.hooks import MAX_HOOKS
from app.modules.incoming_webhooks_module.tests.hooks import create_hook, hook_events, messages_of, post
from app.utils.secrets import hash_of
from tests.fakers import FakeClient, eventually, ok, problem


async def test_the_address_is_shown_once_and_only_its_hash_is_stored(
    anna: FakeClient, club: str, connection: Connection
) -> None:
    hook = await create_hook(anna, club, "  Сборка 🏗 ")
    address, token = hook["url"].rsplit("/", 1)
    assert address == "http://localhost:8788/api/v1/hooks"
    shown = {name: value for name, value in hook.items() if name != "url"}
    assert (shown["chat_id"], shown["name"], shown["account_id"]) == (club, "Сборка 🏗", anna.id)
    assert ok(await anna.get(f"/chats/{club}/incoming-webhooks")) == {"items": [shown], "next_cursor": None}
    (row,) = await connection.fetch("SELECT * FROM incoming_webhook")
    assert row["token_hash"] == hash_of(token)
    assert token not in str(dict(row))
    stored = await connection.fetch("SELECT data::text FROM event WHERE data::text LIKE '%' || $1 || '%'", token)
    assert stored == []


async def test_members_learn_of_each_change(anna: FakeClient, boris: FakeClient, club: str) -> None:
    hook = await create_hook(anna, club)
    path = f"/chats/{club}/incoming-webhooks/{hook['id']}"
    for body in ({"name": "Тесты"}, {"name": "Тесты"}, {}):
        assert ok(await anna.patch(path, body))["name"] == "Тесты"
    assert (await anna.delete(path)).status_code == 204
    about = {"chat_id": club, "id": hook["id"], "actor_id": anna.id}
    assert await hook_events(boris, club) == [
        ("incoming_webhook.created", about | {"name": "Сборка"}),
        ("incoming_webhook.updated", about | {"name": "Тесты"}),
        ("incoming_webhook.deleted", about),
    ]


async def test_a_message_keeps_the_name_that_the_webhook_had(
    anna: FakeClient, club: str, server: httpx.AsyncClient
) -> None:
    hook = await create_hook(anna, club)
    await post(server, hook, "Раз")
    ok(await anna.patch(f"/chats/{club}/incoming-webhooks/{hook['id']}", {"name": "Тесты"}))
    await post(server, hook, "Два")
    assert [message["via_hook"]["name"] for message in await messages_of(anna, club)] == ["Сборка", "Тесты"]


async def test_a_deleted_webhook_posts_nothing(anna: FakeClient, club: str, server: httpx.AsyncClient) -> None:
    hook = await create_hook(anna, club)
    assert (await anna.delete(f"/chats/{club}/incoming-webhooks/{hook['id']}")).status_code == 204
    answer = await post(server, hook, "Поздно")
    assert (answer.status_code, answer.text) == (404, "no_service")
    assert await messages_of(anna, club) == []


async def test_an_admin_renames_and_deletes_what_another_one_has_created_and_not_that_of_another_chat(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    ok(await anna.patch(f"/chats/{club}/members/{boris.id}", {"role": "admin"}))
    hook, other = await create_hook(anna, club), await create_hook(anna, await anna.open_chat())
    for hook_id in (other["id"], str(uuid4())):
        path = f"/chats/{club}/incoming-webhooks/{hook_id}"
        problem(await boris.patch(path, {"name": "Моё"}), 404, "not_found")
        problem(await boris.delete(path), 404, "not_found")
    path = f"/chats/{club}/incoming-webhooks/{hook['id']}"
    assert ok(await boris.patch(path, {"name": "Моё"}))["account_id"] == anna.id
    assert (await boris.delete(path)).status_code == 204


async def test_a_chat_has_a_limited_number_of_webhooks_also_if_they_are_created_at_once(
    anna: FakeClient, club: str
) -> None:
    path = f"/chats/{club}/incoming-webhooks"
    for _ in range(MAX_HOOKS - 2):
        await create_hook(anna, club)
    answers = await asyncio.gather(*(anna.post(path, {"name": "Сборка"}) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409]
    assert len(ok(await anna.get(path))["items"]) == MAX_HOOKS


async def test_a_name_is_one_visible_line(anna: FakeClient, club: str) -> None:
    for name in ("", " ", "a\nb", "x" * 81, "\u202ea", "a\x00", None, 1):
        error = problem(await anna.post(f"/chats/{club}/incoming-webhooks", {"name": name}), 422, "validation_error")
        assert [each["loc"] for each in error["errors"]] == [["body", "name"]], name


async def test_a_webhook_needs_no_name(anna: FakeClient, club: str) -> None:
    bodies: tuple[dict[str, str] | None, ...] = (None, {})
    for body in bodies:
        assert ok(await anna.post(f"/chats/{club}/incoming-webhooks", body))["name"] == "incoming-webhook"


async def test_the_rows_of_a_deleted_chat_are_deleted(anna: FakeClient, club: str, connection: Connection) -> None:
    await create_hook(anna, club)
    ok(await anna.delete(f"/chats/{club}"))

    async def is_purged() -> bool:
        return bool(await connection.fetchval("SELECT purged_at IS NOT NULL FROM chat WHERE id = $1", UUID(club)))

    await eventually(is_purged)
    assert await connection.fetchval("SELECT count(*) FROM incoming_webhook") == 0
