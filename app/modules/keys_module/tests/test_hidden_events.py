"""The account's own stream shows a key no more than its calls: over each transport, live and from the log."""

import asyncio
from typing import Any

import httpx
import orjson
import pytest

from app.fastapi_engine.constructor import build_app
from app.modules.blocks_module.tests.blocking import block
from app.modules.keys_module.tests.keys import create_key, program_of
from app.settings import Settings
from tests.fakers import API, FakeClient, FakeSocket, ok
from tests.servers import served, without

PATH = "/accounts/me/events"
HIDDEN: tuple[str, Any] = ("event.hidden", {})


async def write_events(user: FakeClient, other: FakeClient) -> None:
    """Makes events of several kinds, the last of which every key sees."""
    await user.another_device().sign_in()
    await block(user, other)
    ok(await user.post("/bots", {"username": f"{user.username}_bot"}))
    ok(await user.patch("/accounts/me", {"bio": "Привет"}))
    ok(await user.put("/accounts/me/notifications", {"language": "ru"}))
    chat = await user.open_chat(other, type="group", title="Клуб")
    ok(await user.put(f"/chats/{chat}/settings", {"is_pinned": True}))
    ok(await user.put(f"/chats/{chat}/draft", {"text": "Черновик"}))


async def events_of(user: FakeClient) -> list[dict[str, Any]]:
    return list(ok(await user.get(PATH, limit=200))["items"])


def seen(events: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    return [(event["kind"], event["data"]) for event in events]


@pytest.mark.parametrize(
    ("scopes", "visible"),
    [
        (("messages:read",), {"chat.joined", "draft.changed"}),
        (
            ("messages:read", "profile:read"),
            {"chat.joined", "draft.changed", "account.updated", "notifications.changed"},
        ),
        (("messages:read", "chats:read"), {"chat.joined", "draft.changed", "chat.settings_changed"}),
    ],
)
async def test_a_page_hides_the_events_that_the_scopes_of_a_key_do_not_cover(
    anna: FakeClient, boris: FakeClient, scopes: tuple[str, ...], visible: set[str]
) -> None:
    program = program_of(anna, await create_key(anna, *scopes))
    await write_events(anna, boris)
    stored, shown = await events_of(anna), await events_of(program)
    assert {"security.signed_in", "security.key_created", "account.blocked", "bot.created"} <= {
        event["kind"] for event in stored
    }
    assert seen(shown) == [each if each[0] in visible else HIDDEN for each in seen(stored)]
    assert [(event["seq"], event["at"]) for event in shown] == [(event["seq"], event["at"]) for event in stored]


async def test_a_page_without_hidden_events_is_the_same_for_a_key(anna: FakeClient) -> None:
    program = program_of(anna, await create_key(anna, "messages:read"))
    after = (await events_of(anna))[-1]["seq"]
    await anna.open_chat()
    assert ok(await program.get(PATH, after=after)) == ok(await anna.get(PATH, after=after))


async def test_a_socket_hides_them_from_the_log_and_live(anna: FakeClient, boris: FakeClient, live_server: str) -> None:
    program = program_of(anna, await create_key(anna, "messages:read"))
    await write_events(anna, boris)
    socket = FakeSocket(program, live_server)
    socket.cursors = {anna.id: 0}
    async with socket:
        before = await events_of(anna)
        await socket.until(lambda: len(socket.events[anna.id]) == len(before))
        ok(await anna.delete(f"/accounts/me/blocks/{boris.id}"))
        chat = await anna.open_chat(boris, type="group", title="Клуб")
        await anna.send(chat, "Привет")
        # The chat is followed as of the event that is not hidden.
        await socket.until(lambda: any(event["kind"] == "message.created" for event in socket.events[chat]))
        visible = {"chat.joined", "draft.changed"}
        shown = [
            event if event["kind"] in visible else {**event, "kind": HIDDEN[0], "data": HIDDEN[1]}
            for event in await events_of(anna)
        ]
        assert socket.events[anna.id] == shown


async def test_events_of_a_module_that_is_switched_off_are_hidden(
    anna: FakeClient, boris: FakeClient, settings: Settings
) -> None:
    program = program_of(anna, await create_key(anna, "messages:read"))
    await block(anna, boris)
    async with served(build_app(without(settings, "blocks"))) as http:
        events = ok(await http.get(f"{API}{PATH}", headers=program.headers))["items"]
    assert seen(events)[-1] == HIDDEN


async def test_a_long_poll_and_an_event_stream_hide_them(anna: FakeClient, boris: FakeClient, live_server: str) -> None:
    program = program_of(anna, await create_key(anna, "messages:read"))
    after = (await events_of(anna))[-1]["seq"]
    async with httpx.AsyncClient(base_url=f"http://{live_server}", timeout=60) as http:
        headers = program.headers | {"Accept": "text/event-stream"}
        async with http.stream("GET", f"{API}{PATH}?after={after}", headers=headers) as stream:
            lines = stream.aiter_lines()
            assert await anext(lines) == "retry: 1000"
            polled = asyncio.create_task(program.get(PATH, after=after, wait=30))
            await block(anna, boris)
            assert seen(ok(await polled)["items"]) == [HIDDEN]
            async with asyncio.timeout(30):
                async for line in lines:
                    if line.startswith("data: "):
                        assert seen([orjson.loads(line.removeprefix("data: "))]) == [HIDDEN]
                        return
    pytest.fail("the stream has ended")
