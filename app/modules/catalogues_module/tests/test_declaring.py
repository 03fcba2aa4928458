"""A declared model is a catalogue, in whatever module it stands."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.orm import Mapped

from app.modules.catalogues_module.db.models import CatalogueModel, find_catalogues

# In a process of its own: a model, once declared, is there for all tests.
_DECLARES = """
from app.modules.catalogues_module.db.models import CatalogueModel, find_catalogues

class MoodOfTheDay(CatalogueModel):
    __tablename__ = "catalogue_moods_of_the_day"

assert find_catalogues()["moods-of-the-day"] is MoodOfTheDay
"""


def test_a_declared_model_has_its_address(project_root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _DECLARES], cwd=project_root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_table_of_another_name_is_no_catalogue() -> None:
    with pytest.raises(TypeError, match="catalogue_some_name"):

        class Mood(CatalogueModel):
            __tablename__ = "moods"

            color: Mapped[str]

    assert "moods" not in find_catalogues()
