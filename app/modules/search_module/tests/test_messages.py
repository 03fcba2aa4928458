"""Searching messages."""

from app.modules.search_module.tests.searching import marked, search
from tests.fakers import FakeClient


async def test_a_message_is_found_by_its_words(anna: FakeClient, boris: FakeClient, club: str) -> None:
    sent = await anna.send(club, "Завтра встречаемся на Красной площади 🎉")
    await boris.send(club, "Площадь закрыта")
    answer = await search(boris, "красная площадь")
    (item,) = answer["items"]
    assert item["message"]["id"] == sent["id"]
    assert marked(item) == ["Красной", "площади"]
    assert (answer["next_cursor"], answer["truncated"]) == (None, False)


async def test_the_newest_comes_first_page_by_page(anna: FakeClient, club: str) -> None:
    for number in range(7):
        await anna.send(club, f"отчёт {number}")
    seen: list[str] = []
    cursor = None
    while True:
        page = await search(anna, "отчет ", limit=3, **({"cursor": cursor} if cursor else {}))
        seen += [item["message"]["text"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"отчёт {number}" for number in reversed(range(7))]
