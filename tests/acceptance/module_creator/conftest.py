"""Copies of the project, in which modules are created and checked."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.module_creator.support import copy_project, succeeds
from tests.adapters.embedded.support import open_folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project for one test."""
    return copy_project(tmp_path)


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the module `shop`, in the caches of the checkers. Tests do not change it."""
    project = copy_project(tmp_path_factory.mktemp("shop"), with_caches=True)
    succeeds(project, "create_module.py", "shop")
    return project


@pytest.fixture
def open_project() -> Iterator[Path]:
    """A copy in a folder that every user may pass through: the embedded PostgreSQL may run as another user."""
    place = open_folder()
    yield copy_project(place)
    shutil.rmtree(place)
