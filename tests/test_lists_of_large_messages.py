"""Lists of messages: a page of large ones ends early, and reading on finds each message exactly once."""

from itertools import pairwise
from typing import Any

import orjson
import pytest

from app.modules.chats_module.services import views as chats
from app.modules.messages_module.services import views
from app.modules.search_module.tests.searching import search
from app.modules.threads_module.tests.calls import replies, reply
from tests.fakers import FakeClient, ok, problem
from tests.pages import pages

LIMIT = 10_000
_SPACES = (0, 1_200, 0, 900, 1_800, 0, 0, 1_000)
"""Around the texts. JSON has six characters for each of them: the fifth message is larger than a page."""


async def send_large(user: FakeClient, chat_id: str, text: str, **more: Any) -> list[int]:
    return [(await user.send(chat_id, text + "\v" * count, **more))["seq"] for count in _SPACES]


def messages_of(page: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item.get("message") or item["root"] for item in page]


def check_pages(found: list[list[dict[str, Any]]], whole: list[dict[str, Any]]) -> None:
    assert [message for page in found for message in page] == whole
    assert len(whole) == len(_SPACES)
    sizes = [[len(orjson.dumps(message)) for message in page] for page in found]
    assert all(len(page) == 1 or sum(page) <= LIMIT for page in sizes)
    # No page ends before it has to.
    assert all(sum(page) + after[0] > LIMIT for page, after in pairwise(sizes))


@pytest.mark.parametrize("position", ["after_seq", "before_seq"])
async def test_a_page_of_large_replies_has_those_next_to_its_position(
    anna: FakeClient, club: str, monkeypatch: pytest.MonkeyPatch, position: str
) -> None:
    await anna.send(club)
    await send_large(anna, club, "Ответ", root_seq=1)
    whole = (await replies(anna, club))["items"]
    monkeypatch.setattr(views, "_PAGE_BYTES", LIMIT)
    is_forward = position == "after_seq"
    found, place, more = [], 0 if is_forward else 2**62, True
    while more:
        page = await replies(anna, club, **{position: place})
        found.append(page["items"] if is_forward else page["items"][::-1])
        assert page["has_before" if is_forward else "has_after"] is (len(found) > 1)
        place, more = found[-1][-1]["seq"], page["has_after" if is_forward else "has_before"]
    check_pages(found, whole if is_forward else whole[::-1])


@pytest.mark.parametrize("path", ["/threads", "/mentions", "/chats/{}/pins", "/search/messages"])
async def test_pages_of_large_messages_that_are_read_on_with_a_cursor_have_each_message_once(
    anna: FakeClient, boris: FakeClient, club: str, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    for seq in await send_large(anna, club, f"Кот @{boris.username}"):
        await reply(boris, club, seq)
        ok(await anna.put(f"/chats/{club}/pins/{seq}"))
    await search(boris, "кот")
    for order in ("newest", "relevant") if path == "/search/messages" else ("",):
        asked = {"q": "кот", "order": order} if order else {}
        (whole,) = [page async for page in pages(boris, path.format(club), 50, **asked)]
        with monkeypatch.context() as limited:
            limited.setattr(views, "_PAGE_BYTES", LIMIT)
            found = [page async for page in pages(boris, path.format(club), 50, **asked)]
        check_pages([messages_of(page) for page in found], messages_of(whole))


async def test_the_list_of_chats_ends_a_page_early_for_large_last_messages(
    anna: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for count in _SPACES:
        await anna.send(await anna.open_chat(), "Привет" + "\v" * count)
    (whole,) = [page async for page in pages(anna, "/chats", 50)]
    monkeypatch.setattr(chats, "_PAGE_BYTES", LIMIT)
    for limit in (50, 3):
        found = [page async for page in pages(anna, "/chats", limit)]
        assert [chat for page in found for chat in page] == whole
        assert all(len(page) == 1 or sum(len(orjson.dumps(chat)) for chat in page) <= LIMIT for page in found)
        assert max(map(len, found)) > 1


async def test_a_page_of_large_scheduled_messages_ends_early(anna: FakeClient, club: str) -> None:
    path, times = f"/chats/{club}/scheduled", [f"2100-01-01T00:00:{second:02}Z" for second in range(8)]
    # JSON has six characters for each: four messages fit in a page.
    added = [ok(await anna.post(path, {"text": "\v" * 38_000 + "Потом", "send_at": send_at})) for send_at in times]
    for limit in (50, 3):
        found = [page async for page in pages(anna, path, limit)]
        assert [message for page in found for message in page] == added
        assert max(map(len, found)) == min(limit, 4)


async def test_a_page_of_large_earlier_texts_ends_early(anna: FakeClient, club: str) -> None:
    # JSON has six characters for each: four texts fit in a page.
    texts = ["\v" * 38_000 + str(number) for number in range(7)]
    await anna.send(club, texts[0])
    for text in [*texts[1:], "Готово"]:
        ok(await anna.patch(f"/chats/{club}/messages/1", {"text": text}))
    found = [page async for page in pages(anna, f"/chats/{club}/messages/1/versions", 50)]
    assert [version["text"] for page in found for version in page] == texts[::-1]
    assert [len(page) for page in found] == [4, 3]
    problem(await anna.get(f"/chats/{club}/messages/1/versions", cursor="?"), 422, "validation_error")
