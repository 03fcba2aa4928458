"""NotificationSetting: settings that other modules add."""

from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI
from pydantic import Field

from app.adapters.db.database import Database
from app.fastapi_engine import constructor
from app.fastapi_engine.constructor import build_app
from app.modules.notifications_module.extension import NotificationSetting
from app.modules.notifications_module.services.settings import list_settings
from app.settings import Settings
from app.utils.container import Container
from app.utils.module import Module, Modules
from app.utils.setup_modules import ModulesError, discover_modules
from tests.fakers import API, FakeClient, ok, problem
from tests.servers import served

PATH = "/accounts/me/notifications"
VOLUME = NotificationSetting("volume", Annotated[int, Field(ge=0, le=10)], 7)


def with_settings(monkeypatch: pytest.MonkeyPatch, *contributed: NotificationSetting) -> None:
    known = discover_modules()
    module = Module(name="test", description="Of this test", depends_on=("notifications",), contributes=contributed)
    monkeypatch.setattr(constructor, "discover_modules", lambda: known | {"test": module})


@pytest.fixture
async def app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    with_settings(monkeypatch, VOLUME)
    return build_app(settings)


@pytest.fixture
async def server(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with served(app) as http:
        yield http


async def test_a_contributed_setting_is_read_changed_and_announced(anna: FakeClient) -> None:
    assert ok(await anna.get(PATH))["volume"] == 7
    for body in ({"volume": 11}, {"volume": None}, {"volume": "loud"}):
        assert problem(await anna.put(PATH, body), 422, "validation_error")["errors"][0]["loc"] == ["body", "volume"]
    loud = ok(await anna.put(PATH, {"volume": 10, "language": "ru"}))
    assert (loud["volume"], loud["language"]) == (10, "ru")
    assert ok(await anna.put(PATH, {"language": "ru"})) == ok(await anna.get(PATH)) == loud
    usual = ok(await anna.put(PATH, {"volume": 7}))
    assert [event["data"] for event in await anna.own_events()] == [loud, usual]


async def test_modules_read_the_settings_of_many_accounts_at_once(
    anna: FakeClient, boris: FakeClient, container: Container
) -> None:
    ok(await anna.put(PATH, {"volume": 3}))
    async with container.get(Database).connection() as connection:
        found = await list_settings(connection, container.get(Modules), [anna.uuid, boris.uuid])
    assert {account_id: settings["volume"] for account_id, settings in found.items()} == {anna.uuid: 3, boris.uuid: 7}


async def test_only_what_differs_from_the_default_is_stored(anna: FakeClient, container: Container) -> None:
    ok(await anna.put(PATH, {"volume": 3, "quiet_hours": None}))
    query = "SELECT more::text FROM notification_settings"
    async with container.get(Database).connection() as connection:
        assert await connection.fetchval(query) == '{"volume":3}'
        ok(await anna.put(PATH, {"volume": 7, "language": "en"}))
        assert await connection.fetchval(query) is None


async def test_a_setting_of_a_module_that_is_switched_off_is_kept(
    anna: FakeClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ok(await anna.put(PATH, {"volume": 3}))
    monkeypatch.undo()
    async with served(build_app(settings)) as http:
        without = (await http.put(f"{API}{PATH}", json={"time_zone": "Europe/Moscow"}, headers=anna.headers)).json()
        assert "volume" not in without
        problem(await http.put(f"{API}{PATH}", json={"volume": 4}, headers=anna.headers), 422, "validation_error")
    assert ok(await anna.get(PATH)) == without | {"volume": 3}


def test_a_setting_that_exists_already_is_refused(base_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with_settings(monkeypatch, NotificationSetting("language", str, ""))
    with pytest.raises(ModulesError, match="has a field 'language' already"):
        build_app(base_settings)
