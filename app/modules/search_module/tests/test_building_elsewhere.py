"""A server without background tasks, whose index is built by a worker."""

from dataclasses import replace

import pytest
from fastapi import FastAPI

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.database import Database
from app.fastapi_engine.constructor import build_app
from app.modules.search_module.services.building import Building
from app.settings import Settings
from app.utils.container import Container
from tests.fakers import FakeClient, eventually, ok, problem
from tests.manage import manage
from tests.servers import served


@pytest.fixture
def alone(settings: Settings) -> Settings:
    return replace(settings, app=settings.app.model_copy(update={"background": False}))


@pytest.fixture
async def app(alone: Settings) -> FastAPI:
    return build_app(alone)


async def test_until_a_worker_has_built_the_first_index_a_search_is_refused(
    anna: FakeClient, club: str, alone: Settings, container: Container, database_address: DatabaseAddress
) -> None:
    for number in range(4):
        await anna.send(club, f"сообщение {number}")

    async def is_refused() -> bool:
        return (await anna.get("/search/messages", q="сообщение")).status_code == 503

    async with served(build_app(alone)):
        await eventually(is_refused)
    problem(await anna.get("/search/messages", q="сообщение"), 503, "search_building")
    status = await manage(database_address, "search", "status")
    assert status.stdout.startswith("the first index is being built: 0 of 4 messages")
    await Building(container.get(Database)).finish()

    async def are_found() -> bool:
        return len(ok(await anna.get("/search/messages", q="сообщение"))["items"]) == 4

    # On a busy machine a search may need more time than it has.
    await eventually(are_found)
