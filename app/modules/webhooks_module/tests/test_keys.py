"""A webhook that an API key has created sees no more than the key, and ends with it."""

from datetime import UTC, datetime, timedelta

from app.modules.keys_module.tests.keys import create_key, program_of
from app.modules.webhooks_module.services.following import SWEEP
from app.modules.webhooks_module.tests.receiving import Receiver, create, until_no_job
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, eventually, ok, problem
from tests.periodic_jobs import run_once


async def test_a_key_gets_what_it_may_see_of_the_own_stream(
    anna: FakeClient, receiver: Receiver, container: Container
) -> None:
    program = program_of(anna, await create_key(anna, "webhooks:write", "messages:read", "profile:read"))
    await create(program, receiver, "/key")
    await create(anna, receiver, "/session")
    # Closed to keys, without the scope `chats:read`, and visible.
    await create_key(anna, "chats:read")
    chat = await anna.open_chat()
    ok(await anna.put(f"/chats/{chat}/settings", {"is_pinned": True}))
    ok(await anna.patch("/accounts/me", {"bio": "Люблю чай"}))

    async def has_come() -> bool:
        return all("account.updated" in _kinds(receiver, path) for path in ("/key", "/session"))

    await eventually(has_come)
    await until_no_job(container)
    hidden = {"security.key_created", "chat.settings_changed"}
    assert hidden <= set(_kinds(receiver, "/session"))
    assert not hidden & set(_kinds(receiver, "/key"))
    assert "event.hidden" not in _kinds(receiver, "/key")


def _kinds(receiver: Receiver, path: str) -> list[str]:
    return [message.event["kind"] for message in receiver.on(path)]


async def test_a_key_that_may_not_read_events_gets_none(
    anna: FakeClient, club: str, receiver: Receiver, container: Container
) -> None:
    program = program_of(anna, await create_key(anna, "webhooks:write", "profile:read"))
    await create(program, receiver)
    await anna.send(club)
    ok(await anna.patch("/accounts/me", {"bio": "Люблю чай"}))
    await until_no_job(container)
    assert receiver.messages == []


async def test_a_key_that_may_not_read_events_learns_of_no_chat(
    anna: FakeClient, club: str, receiver: Receiver
) -> None:
    program = program_of(anna, await create_key(anna, "webhooks:write"))
    path = f"/webhooks/{(await create(program, receiver))['id']}/cursors"
    assert ok(await program.get(path))["items"] == []
    for stream_id in (club, anna.id):
        problem(await program.put(f"{path}/{stream_id}", {"seq": 0}), 404, "not_found")


async def test_nothing_is_posted_after_the_key_was_revoked(
    anna: FakeClient, club: str, receiver: Receiver, container: Container
) -> None:
    key = await create_key(anna, "webhooks:write", "messages:read")
    webhook = await create(program_of(anna, key), receiver, kinds=["message.created"])
    assert ok(await anna.get(f"/webhooks/{webhook['id']}"))["key_id"] == key["id"]
    await anna.send(club, "раньше")
    await receiver.until(1)
    ok(await anna.delete(f"/accounts/me/keys/{key['id']}"))
    assert ok(await anna.get("/webhooks"))["items"] == []
    problem(await anna.get(f"/webhooks/{webhook['id']}"), 404, "not_found")
    await anna.send(club, "позже")
    await until_no_job(container)
    assert len(receiver.messages) == 1
    assert await _count_rows(container) == 0


async def test_an_expired_key_ends_its_webhook_also_without_events(
    anna: FakeClient, receiver: Receiver, container: Container
) -> None:
    soon = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    key = await create_key(anna, "webhooks:write", "messages:read", expires_at=soon)
    await create(program_of(anna, key), receiver)
    await rows(container, "UPDATE api_key SET expires_at = now() WHERE id = $1", key["id"])
    await run_once(container, SWEEP)

    async def is_gone() -> bool:
        return await _count_rows(container) == 0

    await eventually(is_gone)
    assert "webhook.deleted" in [event["kind"] for event in await anna.own_events()]


async def _count_rows(container: Container) -> int:
    (counted,) = await rows(container, "SELECT (SELECT count(*) FROM webhook) + count(*) FROM webhook_cursor")
    return int(counted[0])


async def test_a_key_does_not_see_the_webhooks_of_others(anna: FakeClient, receiver: Receiver) -> None:
    one, other = [program_of(anna, await create_key(anna, "webhooks:write")) for _ in range(2)]
    own = await create(one, receiver)
    for webhook in (await create(other, receiver), await create(anna, receiver)):
        path = f"/webhooks/{webhook['id']}"
        for response in (await one.get(path), await one.patch(path, {}), await one.delete(path)):
            problem(response, 404, "not_found")
    assert [webhook["id"] for webhook in ok(await one.get("/webhooks"))["items"]] == [own["id"]]
    assert len(ok(await anna.get("/webhooks"))["items"]) == 3


async def test_a_bot_has_webhooks_of_its_own(anna: FakeClient, club: str, receiver: Receiver) -> None:
    bot = ok(await anna.post("/bots", {"username": "reporter"}))["id"]
    program = program_of(anna, await create_key(anna, path=f"/bots/{bot}/keys"), bot)
    webhook = await create(program, receiver, kinds=["message.created"])
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [bot]}))
    await anna.send(club, "бот слушает")
    (message,) = await receiver.until(1)
    assert message.text == "бот слушает"
    problem(await anna.get(f"/webhooks/{webhook['id']}"), 404, "not_found")
