"""Searching messages: what is found, by whom, in which order."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.adapters.db.connection import Connection
from app.modules.search_module.db.cruds import search as crud
from app.modules.search_module.services import hits, pages
from app.modules.search_module.tests.searching import marked, search, texts
from tests.fakers import FakeClient, ok, problem

_SLOW_RANK = crud._RANK.replace("SELECT ranked.* FROM", "SELECT ranked.*, pg_sleep(1) FROM")


async def test_a_message_is_found_by_its_words(anna: FakeClient, boris: FakeClient, club: str) -> None:
    sent = await anna.send(club, "🎉 Завтра встречаемся на Красной площади")
    await boris.send(club, "Площадь закрыта")
    answer = await search(boris, "красная площадь")
    (item,) = answer["items"]
    assert item["message"] == ok(await boris.get(f"/chats/{club}/messages/{sent['seq']}"))
    assert marked(item) == ["Красной", "площади"]
    assert (answer["next_cursor"], answer["truncated"]) == (None, False)


async def test_an_edited_message_is_found_by_its_new_words_and_a_deleted_one_by_none(
    anna: FakeClient, club: str
) -> None:
    for text in ("первый вариант", "ошибка"):
        await anna.send(club, text)
    assert await texts(anna, "вариант") == ["первый вариант"]
    ok(await anna.patch(f"/chats/{club}/messages/1", {"text": "второй экземпляр"}))
    ok(await anna.delete(f"/chats/{club}/messages/2"))
    assert await texts(anna, "вариант") == []
    assert await texts(anna, "ошибка") == []
    assert await texts(anna, "экземпляр") == ["второй экземпляр"]


async def test_only_members_find_what_is_in_a_chat(
    anna: FakeClient, boris: FakeClient, stranger: FakeClient, club: str
) -> None:
    await anna.send(club, "тайна")
    assert await texts(boris, "тайна") == ["тайна"]
    assert await texts(stranger, "тайна") == []
    problem(await stranger.get("/search/messages", q="тайна", chat_id=club), 404, "not_found")
    problem(await stranger.get("/search/messages", q=f"тайна in:{club}"), 404, "not_found")
    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
    assert ok(await boris.get("/search/messages", q="тайна"))["items"] == []
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [boris.id]}))
    # As in the history, a member sees what was written before it joined.
    assert await texts(boris, "тайна") == ["тайна"]
    ok(await anna.delete(f"/chats/{club}"))
    assert ok(await anna.get("/search/messages", q="тайна"))["items"] == []


async def test_the_newest_comes_first_page_by_page(anna: FakeClient, club: str) -> None:
    for number in range(7):
        await anna.send(club, f"отчёт {number}")
    for order in ("newest", "relevant"):
        seen: list[str] = []
        more: dict[str, Any] = {}
        while True:
            page = await search(anna, "отчет ", limit=3, order=order, **more)
            seen += [item["message"]["text"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            more = {"cursor": page["next_cursor"]}
        assert seen == [f"отчёт {number}" for number in reversed(range(7))]


async def test_the_most_relevant_comes_first_where_that_is_asked_for(anna: FakeClient, club: str) -> None:
    await anna.send(club, "договор, договор и ещё раз договор")
    await anna.send(club, "договор лежит в папке на второй полке слева от окна")
    assert (await texts(anna, "договор", order="relevant"))[0].startswith("договор, договор")
    assert (await texts(anna, "договор"))[0].startswith("договор лежит")


async def test_filters_narrow_a_search(anna: FakeClient, boris: FakeClient, club: str) -> None:
    # The day may end during the test.
    today = datetime.now(UTC).date()
    later = today + timedelta(days=2)
    other = await anna.open_chat(boris, title="Другой")
    await anna.send(club, "план: https://example.com/a")
    await boris.send(club, f"план для @{anna.username}")
    await anna.send(other, "план")
    first, second, third = "план: https://example.com/a", f"план для @{anna.username}", "план"
    assert await texts(anna, "план") == [third, second, first]
    assert await texts(anna, "план has:link") == await texts(anna, "план", has="link") == [first]
    assert await texts(anna, "has:mention") == [second]
    assert await texts(anna, f"план from:@{boris.username}") == [second]
    assert await texts(anna, f"from:{boris.username.upper()}") == [second]
    assert await texts(anna, "план", sender_id=boris.id) == [second]
    assert await texts(anna, "план from:@unknown") == []
    assert await texts(anna, "план", sender_id=anna.id, has="mention") == []
    assert await texts(anna, f"план in:{other}") == await texts(anna, "план", chat_id=other) == [third]
    assert await texts(anna, f"план in:{other}", chat_id=club) == []
    assert await texts(anna, f"in:{other}") == [third]
    assert await texts(anna, f"before:{later}", order="relevant") == [third, second, first]
    assert await texts(anna, f"план after:{today}") == [third, second, first]
    assert await texts(anna, "план", after=later) == await texts(anna, f"план before:{today}") == []
    assert await texts(anna, "план", before=later, after=today) == [third, second, first]
    assert await texts(anna, f"-для in:{club}") == await texts(anna, "-для", chat_id=club) == [first]
    for given in ({"sender_id": anna.id}, {"after": today, "has": "link"}, {"before": later, "chat_id": club}):
        assert first in await texts(anna, "-для", **given)


@pytest.mark.parametrize(
    "query",
    [
        {"q": ""},
        {"q": "   "},
        {"q": "x" * 201},
        {"q": "-нет"},
        {"q": "да\0"},
        {"q": "да", "limit": 51},
        {"q": "да", "limit": 0},
        {"q": "да", "has": "files"},
        {"q": "да has:files"},
        {"q": "да", "order": "oldest"},
        {"q": "да", "before": "yesterday"},
        {"q": "да", "chat_id": "here"},
        {"q": "да", "cursor": "nonsense"},
        {},
    ],
)
async def test_what_is_wrong_is_refused(anna: FakeClient, query: dict[str, str]) -> None:
    problem(await anna.get("/search/messages", **query), 422, "validation_error")


async def test_a_chat_that_is_not_there_is_not_found(anna: FakeClient) -> None:
    problem(await anna.get("/search/messages", q="да", chat_id=uuid4()), 404, "not_found")


async def test_a_message_is_found_as_it_was_typed_on_another_system(
    server: httpx.AsyncClient, anna: FakeClient, club: str
) -> None:
    await anna.send(club, "cafe\u0301 und Stra\u00dfe, İzmir, ΟΔΟΣ, ﬁne")
    for q in ("café", "cafe", "STRASSE", "strasse", "izmir", "İZMİR", "οδος", "fine"):
        assert len((await search(anna, q))["items"]) == 1, q
    (item,) = (await search(anna, "cafe "))["items"]
    assert marked(item) == ["cafe\u0301"]


async def test_a_search_that_takes_too_long_answers_with_a_cursor(
    anna: FakeClient, club: str, connection: Connection
) -> None:
    await anna.send(club, "долго искали")
    await search(anna, "долго")
    for order in ("newest", "relevant"):
        async with connection.transaction():
            await connection.execute("LOCK TABLE search_message IN ACCESS EXCLUSIVE MODE")
            page = ok(await anna.get("/search/messages", q="долго", order=order))
        assert (page["items"], page["truncated"]) == ([], True)
        rest = await search(anna, "долго", order=order, cursor=page["next_cursor"])
        assert [item["message"]["text"] for item in rest["items"]] == ["долго искали"]
        assert (rest["truncated"], rest["next_cursor"]) == (False, None)


async def test_more_hits_than_are_ranked_at_once_follow_after_them(
    anna: FakeClient, club: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "RANKED", 3)
    for number in range(5):
        await anna.send(club, f"заявка {number}")
    seen: list[str] = []
    more: dict[str, Any] = {}
    while True:
        page = await search(anna, "заявка ", limit=2, order="relevant", **more)
        seen += [item["message"]["text"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        more = {"cursor": page["next_cursor"]}
    assert seen == [f"заявка {number}" for number in reversed(range(5))]


async def test_each_page_ranks_the_same_hits_whatever_is_deleted_meanwhile(
    anna: FakeClient, club: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "RANKED", 3)
    for text in ("заявка", "заявка!", *(f"заявка среди других слов {number}" for number in range(3))):
        await anna.send(club, text)
    first = await search(anna, "заявка ", limit=2, order="relevant")
    seen = [item["message"] for item in first["items"]]
    await anna.delete(f"/chats/{club}/messages/{seen[0]['seq']}")
    cursor = first["next_cursor"]
    while cursor is not None:
        page = await search(anna, "заявка ", limit=2, order="relevant", cursor=cursor)
        seen += [item["message"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(message["seq"] for message in seen) == [1, 2, 3, 4, 5]


async def test_no_hit_is_lost_where_a_later_page_takes_too_long(
    anna: FakeClient, club: str, monkeypatch: pytest.MonkeyPatch, connection: Connection
) -> None:
    monkeypatch.setattr(pages, "RANKED", 3)
    for number in range(5):
        await anna.send(club, f"заявка {number}")
    page = await search(anna, "заявка ", limit=2, order="relevant")
    seen = [item["message"]["seq"] for item in page["items"]]

    async def go_on() -> dict[str, Any]:
        asked = {"q": "заявка ", "limit": 2, "order": "relevant", "cursor": page["next_cursor"]}
        return ok(await anna.get("/search/messages", **asked))

    async with connection.transaction():
        await connection.execute("LOCK TABLE search_message IN ACCESS EXCLUSIVE MODE")
        page = await go_on()
    assert (page["items"], page["truncated"]) == ([], True)
    with monkeypatch.context() as slow:
        slow.setattr(crud, "_RANK", _SLOW_RANK)
        page = await go_on()
    assert (page["items"], page["truncated"]) == ([], True)
    while page["next_cursor"] is not None:
        page = await go_on()
        seen += [item["message"]["seq"] for item in page["items"]]
    assert seen == [5, 4, 3, 2, 1]


async def test_hits_that_cannot_be_ranked_in_time_are_shown_newest_first(
    anna: FakeClient, club: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        await anna.send(club, f"заявка {number}")
    await search(anna, "заявка ")
    monkeypatch.setattr(crud, "_RANK", _SLOW_RANK)
    asked: dict[str, Any] = {"may_be_truncated": True, "limit": 2, "order": "relevant"}
    page = await search(anna, "заявка ", **asked)
    assert [item["message"]["text"] for item in page["items"]] == ["заявка 2", "заявка 1"]
    assert page["truncated"]
    rest = await search(anna, "заявка ", **asked, cursor=page["next_cursor"])
    assert [item["message"]["text"] for item in rest["items"]] == ["заявка 0"]
    assert rest["next_cursor"] is None


async def test_a_busy_chat_among_quiet_ones_is_searched_to_its_beginning(
    anna: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hits, "_ROWS_AT_ONCE", 100)
    busy, *_ = [await anna.open_chat(title="Чат") for _ in range(10)]
    await asyncio.gather(*(anna.send(busy, "qzero" if number == 0 else "слово") for number in range(300)))
    assert await texts(anna, "qz") == ["qzero"]
