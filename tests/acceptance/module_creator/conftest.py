"""What is made is looked at in copies of the project."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from app.adapters.db.address import DatabaseAddress
from tests.acceptance.module_creator.support import copy_project, succeeds
from tests.adapters.embedded.support import open_folder
from tests.databases import drop, execute


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


@pytest.fixture
def empty_database(postgres: DatabaseAddress) -> Iterator[DatabaseAddress]:
    """A database with nothing in it, not even a migration's mark."""
    address = postgres.with_database(f"test_{uuid4().hex[:12]}")
    asyncio.run(execute(postgres, f'CREATE DATABASE "{address.database}" TEMPLATE template0'))
    yield address
    asyncio.run(drop(address))
