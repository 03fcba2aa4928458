import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.utils.garbage import collect_rarely
from tests.adapters.embedded.support import open_folder
from tests.processes import KNOWN_VARIABLES, copy_project

_LONGEST = (
    "test_broken_servers.py",
    "test_made_module.py",
    "test_next_steps.py",
    "test_scheduled_messages.py",
    "test_search.py",
    "test_table.py",
    "test_uploads.py",
)


def pytest_configure(config: pytest.Config) -> None:
    """The fixtures serve the modules' own tests too. They are a plugin, which is loaded once from either side."""
    config.pluginmanager.import_plugin("tests.fixtures")
    collect_rarely()


def pytest_xdist_auto_num_workers() -> int:
    """Returns 1.5 workers per core: tests also wait for processes and time."""
    return (os.cpu_count() or 1) * 3 // 2


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the longest tests first: otherwise one worker would wait for another at the end."""
    items.sort(key=lambda item: item.path.name not in _LONGEST)
    # Objects that exist by now need not be visited by each garbage collection.
    gc.freeze()


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """A folder for processes, which every user may pass through."""
    place = open_folder()
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def project(place: Path) -> Path:
    """A copy of the project, in which processes run. No test changes it."""
    return copy_project(place)


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the settings of the person who runs the tests."""
    for variable in KNOWN_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
