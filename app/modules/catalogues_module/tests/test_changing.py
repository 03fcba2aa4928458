"""Changing catalogues: only server admins may, and every process shows the change."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI

from app.fastapi_engine.constructor import build_app
from app.modules.catalogues_module.services.cache import CatalogueCache
from app.modules.catalogues_module.tests.factories import FLOOD, REASONS, find, read_catalogue, values
from app.settings import Settings
from tests.busy import at_once
from tests.fakers import FakeClient, ok, problem
from tests.servers import served


async def test_an_added_item_comes_last_and_is_shown_at_once(admin: FakeClient, anna: FakeClient) -> None:
    before = await values(anna, REASONS)
    added = await admin.post(f"{REASONS}/items", FLOOD)
    assert added.status_code == 201
    item = ok(added)
    assert item == {**FLOOD, "id": item["id"], "position": item["position"], "is_active": True}
    assert await values(anna, REASONS) == {**before, "flood": "Flood"}
    assert list(await values(anna, REASONS, "ru"))[-1] == "flood"


async def test_a_change_of_an_item_changes_the_etag(admin: FakeClient, anna: FakeClient) -> None:
    tag = (await read_catalogue(anna, REASONS, "ru")).headers["etag"]
    changed = ok(await admin.patch(f"{REASONS}/items/spam", {"value_ru": "Назойливая реклама"}))
    assert (changed["value_ru"], changed["value_en"]) == ("Назойливая реклама", "Spam")
    after = await read_catalogue(anna, REASONS, "ru", tag)
    assert after.status_code == 200
    assert (await values(anna, REASONS, "ru"))["spam"] == "Назойливая реклама"


async def test_an_inactive_item_is_marked_and_stays_in_the_list(admin: FakeClient, anna: FakeClient) -> None:
    ok(await admin.patch(f"{REASONS}/items/spam", {"is_active": False, "position": 1000}))
    items = ok(await anna.get(REASONS))["items"]
    assert (items[-1]["key"], items[-1]["is_active"]) == ("spam", False)


async def test_a_deleted_item_is_not_listed(admin: FakeClient, anna: FakeClient) -> None:
    assert (await admin.delete(f"{REASONS}/items/spam")).status_code == 204
    assert await find(anna, REASONS, "spam") is None
    problem(await admin.delete(f"{REASONS}/items/spam"), 404, "not_found")
    problem(await admin.patch(f"{REASONS}/items/spam", {}), 404, "not_found")


@pytest.mark.parametrize("key", ["Europe/Moscow", "Europe%2FMoscow"])
async def test_a_key_may_contain_slashes(admin: FakeClient, key: str) -> None:
    changed = ok(await admin.patch(f"/catalogues/time-zones/items/{key}", {"value_en": "Moscow time"}))
    assert (changed["key"], changed["value_en"]) == ("Europe/Moscow", "Moscow time")


async def test_a_key_is_unique_in_a_catalogue(admin: FakeClient) -> None:
    answers = await at_once(*[lambda: admin.post(f"{REASONS}/items", FLOOD)] * 5)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    problem(await admin.post(f"{REASONS}/items", {**FLOOD, "key": "spam"}), 409, "conflict")


async def test_only_a_server_admin_changes_a_catalogue(
    anna: FakeClient, anonymous: FakeClient, admin: FakeClient
) -> None:
    before = ok(await admin.get(REASONS))
    for user, status, code in ((anonymous, 401, "unauthenticated"), (anna, 403, "forbidden")):
        problem(await user.post(f"{REASONS}/items", FLOOD), status, code)
        problem(await user.patch(f"{REASONS}/items/spam", {"value_en": "Ham"}), status, code)
        problem(await user.delete(f"{REASONS}/items/spam"), status, code)
    assert ok(await admin.get(REASONS)) == before


async def test_invalid_items_are_refused(admin: FakeClient) -> None:
    changes: list[dict[str, Any]] = [
        {"key": ""},
        {"key": "a b"},
        {"key": "/a"},
        {"key": ".."},
        {"key": "ключ"},
        {"key": "k" * 101},
        {"value_ru": " "},
        {"value_en": "\x00"},
        {"value_en": "x" * 201},
        {"position": -1},
        {"position": 2**31},
        {"position": "1"},
        {"is_active": 1},
        {"color": "red"},
    ]
    before = ok(await admin.get(REASONS))
    for change in changes:
        problem(await admin.post(f"{REASONS}/items", FLOOD | change), 422, "validation_error")
        problem(await admin.patch(f"{REASONS}/items/spam", change), 422, "validation_error")
    assert ok(await admin.get(REASONS)) == before


async def test_changing_an_unknown_catalogue_is_not_found(admin: FakeClient) -> None:
    problem(await admin.post("/catalogues/nothing/items", FLOOD), 404, "not_found")
    problem(await admin.patch("/catalogues/nothing/items/spam", {}), 404, "not_found")
    problem(await admin.delete("/catalogues/nothing/items/spam"), 404, "not_found")
    problem(await admin.delete(f"{REASONS}/items/%00"), 422, "validation_error")


async def test_another_process_shows_a_change_within_a_second(
    admin: FakeClient, anna: FakeClient, settings: Settings
) -> None:
    async with served(build_app(settings)) as other_process:
        there = FakeClient(other_process, headers=anna.headers)
        assert "flood" not in await values(there, REASONS)
        ok(await admin.post(f"{REASONS}/items", FLOOD))
        await asyncio.sleep(1)
        here = await read_catalogue(anna, REASONS, "ru")
        elsewhere = await read_catalogue(there, REASONS, "ru")
        assert elsewhere.content == here.content
        assert elsewhere.headers["etag"] == here.headers["etag"]
        assert "flood" in await values(there, REASONS)


async def test_an_unchanged_catalogue_is_read_from_the_cache(app: FastAPI, admin: FakeClient) -> None:
    cache = app.state.container.get(CatalogueCache)
    first = await cache.get("countries", "ru")
    assert await cache.get("countries", "ru") is first
    cache.invalidate()
    assert await cache.get("countries", "ru") is first
    ok(await admin.patch("/catalogues/countries/items/RU", {"is_active": False}))
    assert await cache.get("countries", "ru") is not first


async def test_a_change_that_is_rolled_back_is_never_shown(admin: FakeClient, anna: FakeClient) -> None:
    before = (await read_catalogue(anna, REASONS)).headers["etag"]
    problem(await admin.delete(f"{REASONS}/items/nothing"), 404, "not_found")
    assert (await read_catalogue(anna, REASONS)).headers["etag"] == before
