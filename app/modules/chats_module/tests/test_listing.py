"""The list of the caller's chats, the one with the newest message first."""

from typing import Any

from app.modules.base_module.services.cursors import encode_cursor
from tests.fakers import FakeClient, as_sent, ok, problem


async def _titles(user: FakeClient) -> list[str]:
    return [chat["title"] for chat in ok(await user.get("/chats"))["items"]]


async def test_a_new_message_moves_its_chat_to_the_top(anna: FakeClient, boris: FakeClient) -> None:
    first, second, third = [await anna.open_chat(boris, title=title) for title in ("1", "2", "3")]
    assert await _titles(anna) == ["3", "2", "1"]
    await boris.send(first)
    message = await boris.send(second, "Свежее")
    assert await _titles(anna) == ["2", "1", "3"]
    await anna.patch(f"/chats/{third}", {"description": "новое описание"})
    assert await _titles(anna) == ["2", "1", "3"]
    listed = ok(await anna.get("/chats"))["items"]
    assert as_sent(listed[0]["last_message"]) == message
    assert listed[2]["last_message"] is None
    assert listed == [ok(await anna.get(f"/chats/{chat_id}")) for chat_id in (second, first, third)]


async def test_pages_contain_every_chat_once(anna: FakeClient) -> None:
    opened = [await anna.open_chat(title=str(number)) for number in range(5)]
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = ok(await anna.get("/chats", limit=2, **cursor))
        seen += [chat["id"] for chat in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == opened[::-1]


async def test_chats_of_others_are_not_visible(anna: FakeClient, stranger: FakeClient, club: str) -> None:
    assert ok(await stranger.get("/chats")) == {"items": [], "next_cursor": None}
    problem(await stranger.get(f"/chats/{club}"), 404, "not_found")
    assert [chat["id"] for chat in ok(await anna.get("/chats"))["items"]] == [club]


async def test_invalid_page_parameters_are_refused(anna: FakeClient) -> None:
    for wrong in (
        {"limit": 0},
        {"limit": 201},
        {"limit": -1},
        {"limit": 2**63},
        {"cursor": "nonsense"},
        {"cursor": encode_cursor(5)},
        {"cursor": encode_cursor("2026-01-01T00:00:00", anna.id)},
        {"cursor": encode_cursor("0001-01-01T00:00:00+14:00", anna.id)},
    ):
        problem(await anna.get("/chats", **wrong), 422, "validation_error")
    problem(await anna.get("/chats/nonsense"), 422, "validation_error")
