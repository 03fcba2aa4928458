"""People and chats for a field that is being typed into."""

from typing import Any
from uuid import uuid4

import pytest

from app.adapters.db.database import Database
from app.modules.accounts_module.tests.similar_names import add_similar_accounts
from app.modules.search_module.db.cruds import search
from app.modules.search_module.services import suggesting
from app.utils.container import Container
from tests.fakers import FakeClient, ok, problem
from tests.reads import count_read
from tests.turns import counted_turns

_DIRECT_CHATS = """
WITH others AS (
    INSERT INTO account (id, email, email_key, username, display_name, password_hash)
    SELECT id, id, id, 'guest_' || id, '', '' FROM unnest($2::uuid[]) AS id RETURNING id
), chats AS (
    INSERT INTO chat (id, type, created_by, member_count, active_at)
    SELECT id, 'direct', $1, 2, now() FROM others RETURNING id
), members AS (
    INSERT INTO chat_member (chat_id, account_id, role, joined_event_seq, joined_at)
    SELECT id, account_id, 'member', 1, now() FROM chats, unnest(ARRAY[$1::uuid, id]) AS account_id
)
INSERT INTO account_chat (account_id, chat_id, joined_seq) SELECT $1, id, 1 FROM chats
"""


async def suggest(user: FakeClient, q: str, **more: Any) -> tuple[list[str], list[str]]:
    """Names of people and ids of chats."""
    answer = ok(await user.get("/search/suggest", q=q, **more))
    return [one["display_name"] for one in answer["people"]], [chat["id"] for chat in answer["chats"]]


async def test_people_and_ones_own_chats_are_suggested(
    anna: FakeClient, boris: FakeClient, stranger: FakeClient
) -> None:
    club = await anna.open_chat(boris, title="Ёлки и бор")
    direct = await anna.open_chat(boris, type="direct")
    assert await suggest(anna, "БОР") == (["Борис 🐻"], [direct, club])
    assert await suggest(anna, "елки") == ([], [club])
    assert await suggest(stranger, "ёлки") == ([], [])
    assert await suggest(anna, "бор", limit=1) == (["Борис 🐻"], [direct])
    (chat,) = ok(await anna.get("/search/suggest", q="ёлки"))["chats"]
    assert chat == ok(await anna.get(f"/chats/{club}"))


async def test_a_chat_with_a_word_that_begins_with_the_text_comes_first(anna: FakeClient) -> None:
    second = await anna.open_chat(title="Субмарина")
    first = await anna.open_chat(title="Жёлтая марина")
    await anna.send(second, "новее")
    assert (await suggest(anna, "марина"))[1] == [first, second]


async def test_only_the_chats_with_the_newest_messages_are_looked_at(
    anna: FakeClient, boris: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suggesting, "MAX_CHATS", 2)
    clubs = [await anna.open_chat(title=f"Бор {number}") for number in range(2)]
    direct = await anna.open_chat(boris, type="direct")
    assert (await suggest(anna, "бор"))[1] == [direct, clubs[1]]
    await anna.send(clubs[0], "новее")
    assert (await suggest(anna, "бор"))[1] == [clubs[0], direct]


async def test_the_other_accounts_of_earlier_direct_chats_are_not_read(anna: FakeClient, container: Container) -> None:
    async with container.get(Database).connection() as connection:
        await connection.execute(_DIRECT_CHATS, anna.uuid, [uuid4() for _ in range(30)])
        assert await count_read(connection, search.list_names(connection, anna.uuid, 3), of="account") <= 3
        assert len(await search.list_names(connection, anna.uuid, 3)) == 3


async def test_an_account_newer_than_many_with_similar_names_is_suggested(
    anna: FakeClient, boris: FakeClient, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_similar_accounts(container)
    ok(await boris.patch("/accounts/me", {"display_name": "ab bab ba"}))
    assert (await suggest(anna, "ab bab ba"))[0] == ["ab bab ba"]
    assert (await suggest(anna, "ab", limit=3))[0] == ["abab baba"] * 3
    monkeypatch.setattr(suggesting, "MAX_PAGES_OF_PEOPLE", 1)
    assert (await suggest(anna, "ab bab ba"))[0] == []


async def test_other_tasks_run_while_titles_are_compared() -> None:
    names = [{"id": uuid4(), "title": "Ёлка " * 40, "other": ""} for _ in range(suggesting.MAX_CHATS)]
    async with counted_turns() as turns:
        found = await suggesting.find_named(names, "елка")
    assert found == [name["id"] for name in names]
    assert turns.count >= len(names) // 100


async def test_what_is_wrong_is_refused(anna: FakeClient) -> None:
    for query in ({"q": ""}, {"q": "x" * 101}, {"q": "a", "limit": 21}, {}):
        problem(await anna.get("/search/suggest", **query), 422, "validation_error")


async def test_a_username_finds_its_account_and_the_direct_chat_with_its_sign_as_well(
    anna: FakeClient, boris: FakeClient
) -> None:
    direct = await anna.open_chat(boris, type="direct")
    username = ok(await boris.get("/accounts/me"))["username"]
    assert await suggest(anna, f"@{username}") == await suggest(anna, username) == (["Борис 🐻"], [direct])
    assert await suggest(anna, "@") == ([], [])


async def test_the_sign_in_a_title_is_compared(anna: FakeClient) -> None:
    signed = await anna.open_chat(title="Вопросы @сова")
    await anna.open_chat(title="Ночная сова")
    assert (await suggest(anna, "@сова"))[1] == [signed]
