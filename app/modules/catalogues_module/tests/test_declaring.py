"""Any module can declare a catalogue."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.orm import Mapped

from app.modules.catalogues_module.db.models import CatalogueModel, find_catalogues

# In a separate process: a declared model would exist for all other tests, too.
_DECLARES = """
from app.modules.catalogues_module.db.models import CatalogueModel, find_catalogues

class MoodOfTheDay(CatalogueModel):
    __tablename__ = "catalogue_moods_of_the_day"

assert find_catalogues()["moods-of-the-day"] is MoodOfTheDay
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

    assert "moods" not in find_catalogues()
