"""What is made is looked at in copies of the project."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.module_creator.support import copy_project, succeeds
from tests.adapters.embedded.support import open_folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project of one's own."""
    return copy_project(tmp_path)


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the module `shop`, which the checkers know. Tests look at it and leave it as it is."""
    project = copy_project(tmp_path_factory.mktemp("shop"), with_caches=True)
    succeeds(project, "create_module.py", "shop")
    return project


@pytest.fixture
def open_project() -> Iterator[Path]:
    """One in a folder that every user may pass through: an embedded PostgreSQL may be run by another one."""
    place = open_folder()
    yield copy_project(place)
    shutil.rmtree(place)
