"""Any module can declare a catalogue, which is served while the module is on."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.orm import Mapped

from app.fastapi_engine.constructor import build_app
from app.modules.catalogues_module.db.models import CatalogueModel, ReportReason, find_catalogues
from app.modules.catalogues_module.tests.factories import REASONS
from app.settings import Settings
from app.utils.module import Module
from app.utils.setup_modules import discover_modules
from tests.fakers import FakeClient, ok, problem
from tests.servers import build_with, served

# In a separate process: a declared model would exist for all other tests, too.
_DECLARES = """
from app.modules.catalogues_module.db.models import CatalogueModel, find_catalogues
from app.utils.module import Module

class MoodOfTheDay(CatalogueModel):
    __module__ = "app.modules.moods_module.db"
    __tablename__ = "catalogue_moods_of_the_day"

assert find_catalogues([Module(name="moods", description="")])["moods-of-the-day"] is MoodOfTheDay
"""


def test_a_declared_model_is_served_at_its_path(project_root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _DECLARES], cwd=project_root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_catalogue_model_with_another_table_name_is_refused() -> None:
    with pytest.raises(TypeError, match="catalogue_some_name"):

        class Mood(CatalogueModel):
            __tablename__ = "moods"

            color: Mapped[str]

    assert "moods" not in find_catalogues(discover_modules().values())


async def test_a_catalogue_is_neither_listed_nor_served_without_its_module(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ReportReason, "__module__", "app.modules.moods_module.db")
    async with served(build_app(settings)) as http:
        anna = await FakeClient.sign_up(http, "anna")
        assert "report-reasons" not in await _names(anna)
        problem(await anna.get(REASONS), 404, "not_found")
    async with served(build_with(settings, monkeypatch, Module(name="moods", description=""))) as http:
        anna = FakeClient(http, headers=anna.headers)
        assert "report-reasons" in await _names(anna)
        ok(await anna.get(REASONS))


async def _names(client: FakeClient) -> list[str]:
    return [catalogue["name"] for catalogue in ok(await client.get("/catalogues"))["items"]]
