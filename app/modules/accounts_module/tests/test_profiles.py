"""Reading and searching profiles."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx

from app.modules.accounts_module.tests.similar_names import add_similar_accounts
from app.modules.base_module.services.cursors import encode_cursor
from app.utils.container import Container
from tests.fakers import FakeClient, ok, problem


async def _find(user: FakeClient, query: str) -> list[str]:
    return [found["display_name"] for found in ok(await user.get("/accounts", query=query))["items"]]


async def test_a_profile_has_the_public_fields_only(anna: FakeClient, boris: FakeClient) -> None:
    ok(await anna.patch("/accounts/me", {"bio": "Пишу код"}))
    user = ok(await boris.get(f"/accounts/{anna.id}"))
    assert user == {
        "id": anna.id,
        "username": anna.username,
        "display_name": "Анна",
        "bio": "Пишу код",
        "online": False,
        "last_seen_at": None,
        "typ": "user",
        "avatar": None,
    }
    assert ok(await boris.get("/accounts", query=anna.username))["items"] == [user]
    problem(await boris.get(f"/accounts/{uuid4()}"), 404, "not_found")
    problem(await boris.get("/accounts/nonsense"), 422, "validation_error")


async def test_a_part_of_a_name_finds_it_in_any_case_and_script(server: httpx.AsyncClient, anna: FakeClient) -> None:
    await FakeClient.sign_up(server, "yozh", "Ёжик В Тумане")
    await FakeClient.sign_up(server, "strasse", "Die Straße")
    await FakeClient.sign_up(server, "wang", "王小明 🦊")
    assert await _find(anna, "ёЖИК") == ["Ёжик В Тумане"]
    assert await _find(anna, "  туман ") == ["Ёжик В Тумане"]
    assert await _find(anna, "YOZH_") == ["Ёжик В Тумане"]
    assert await _find(anna, "小") == ["王小明 🦊"]
    assert await _find(anna, "🦊") == ["王小明 🦊"]
    assert await _find(anna, "straß") == ["Die Straße"]
    assert await _find(anna, "никого") == []


async def test_a_name_is_found_with_and_without_its_diacritics(server: httpx.AsyncClient, anna: FakeClient) -> None:
    await FakeClient.sign_up(server, "izmir", "İzmir Cafe\u0301")
    await FakeClient.sign_up(server, "odysseus", "Ὀδυσσεύς")
    await FakeClient.sign_up(server, "lodz", "Łódź")
    for query in ("İzmir", "izmir", "IZMIR", "Café", "cafe\u0301", "cafe"):
        assert await _find(anna, query) == ["İzmir Cafe\u0301"], query
    for query in ("Ὀδυσσεύς", "ΟΔΥΣΣΕΥΣ", "οδυσσευς"):
        assert await _find(anna, query) == ["Ὀδυσσεύς"], query
    assert await _find(anna, "lodz") == ["Łódź"]


async def test_a_name_with_a_number_sign_is_found_with_and_without_a_space(
    server: httpx.AsyncClient, anna: FakeClient
) -> None:
    await FakeClient.sign_up(server, "school", "Школа №5")
    for query in ("№5", "№ 5", "школа № 5"):
        assert await _find(anna, query) == ["Школа №5"], query
    assert await _find(anna, "№ 6") == []


async def test_characters_with_a_meaning_in_sql_are_searched_literally(
    server: httpx.AsyncClient, anna: FakeClient
) -> None:
    for username, name in (
        ("hundred", "100%"),
        ("snake", "a_b"),
        ("slash", "a/b\\c"),
        ("quote", "O'Neil"),
        ("x", "axb"),
    ):
        await FakeClient.sign_up(server, username, name)
    found = {query: await _find(anna, query) for query in ("%", "a_b", "/", "\\", "'", "_b")}
    assert found == {"%": ["100%"], "a_b": ["a_b"], "/": ["a/b\\c"], "\\": ["a/b\\c"], "'": ["O'Neil"], "_b": ["a_b"]}


async def test_pages_contain_every_account_once(server: httpx.AsyncClient, anna: FakeClient) -> None:
    for _ in range(4):
        await FakeClient.sign_up(server, "guest")
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = ok(await anna.get("/accounts", limit=2, **cursor))
        seen += [user["username"] for user in page["items"]]
        if page["next_cursor"] is None:
            break
        assert len(page["items"]) == 2
        cursor = {"cursor": page["next_cursor"]}
    assert len(seen) == 5
    assert len(set(seen)) == 5


async def test_a_name_that_others_resemble_is_found_on_later_pages(
    server: httpx.AsyncClient, anna: FakeClient, container: Container
) -> None:
    await add_similar_accounts(container)
    last = await FakeClient.sign_up(server, "guest", "ab bab ba")
    first = ok(await anna.get("/accounts", query="ab bab ba"))
    assert (first["items"], first["next_cursor"] is None) == ([], False)
    second = ok(await anna.get("/accounts", query="ab bab ba", cursor=first["next_cursor"]))
    assert ([user["id"] for user in second["items"]], second["next_cursor"]) == ([last.id], None)


async def test_an_account_renamed_between_pages_is_not_missed(server: httpx.AsyncClient, anna: FakeClient) -> None:
    users = [await FakeClient.sign_up(server, name) for name in ("berta", "zoe", "carl")]
    page = ok(await anna.get("/accounts", limit=2))
    assert [user["id"] for user in page["items"]] == [anna.id, users[0].id]
    ok(await users[1].patch("/accounts/me", {"username": "aaa.first", "display_name": "Aaa"}))
    rest = ok(await anna.get("/accounts", limit=2, cursor=page["next_cursor"]))
    assert [user["id"] for user in rest["items"]] == [users[1].id, users[2].id]


async def test_a_name_is_found_in_every_form_of_its_letters(server: httpx.AsyncClient, anna: FakeClient) -> None:
    await FakeClient.sign_up(server, "ivan", "İvan Ｗｉｄｅ  Straße é ما\u200cه ❤\ufe0f")
    (name,) = await _find(anna, "ivan")
    for query in (
        "İVAN",
        "wide",
        "ＷＩＤＥ straße",
        "STRASSE",
        "e\u0301",
        "É",
        "ماه",
        "❤",
        "ivan_",
        "İ",
        "wide\u00a0str",
    ):
        assert await _find(anna, query) == [name], ascii(query)
    for query in ("ıvan wide", "widestrasse"):
        assert await _find(anna, query) == [], ascii(query)


async def test_a_new_name_is_found_and_the_old_one_is_not(anna: FakeClient, boris: FakeClient) -> None:
    ok(await boris.patch("/accounts/me", {"display_name": "Бобёр", "username": "beaver.one"}))
    assert await _find(anna, "БОБЁР") == await _find(anna, "beaver") == ["Бобёр"]
    assert await _find(anna, "Борис") == await _find(anna, boris.username) == []


async def test_invalid_queries_are_refused(anna: FakeClient) -> None:
    for wrong in (
        {"query": "x" * 101},
        {"query": "a\x00b"},
        {"limit": 0},
        {"limit": 201},
        {"limit": -1},
        {"limit": 2**63},
        {"limit": "all"},
        {"cursor": "nonsense"},
        {"cursor": "курсор"},
        {"cursor": "x" * 513},
        {"cursor": encode_cursor(5)},
        {"cursor": encode_cursor("anna")},
        {"cursor": encode_cursor(datetime.max, anna.id)},
    ):
        problem(await anna.get("/accounts", **wrong), 422, "validation_error")
