"""Copies of the project."""

from pathlib import Path

import pytest

from tests.module_creator.support import copy_project, succeeds


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project of one's own."""
    return copy_project(tmp_path)


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which the module `shop` was made. Tests look at it and leave it as it is."""
    project = copy_project(tmp_path_factory.mktemp("shop"))
    succeeds(project, "create_module.py", "shop")
    return project
