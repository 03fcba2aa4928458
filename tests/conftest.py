import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.embedded.support import open_folder
from tests.processes import copy_project


def pytest_configure(config: pytest.Config) -> None:
    """The fixtures serve the modules' own tests too: they are a plugin, loaded once, from either side."""
    config.pluginmanager.import_plugin("tests.fixtures")


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """A folder for processes, which every user may pass through."""
    place = open_folder()
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def project(place: Path) -> Path:
    """A copy of the project that processes run in; nobody changes it."""
    return copy_project(place)
