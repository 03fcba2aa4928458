"""Folders for the tests of the embedded PostgreSQL."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.adapters.db.embedded import EmbeddedPostgres
from tests.adapters.embedded.support import open_folder, query


@pytest.fixture
def place() -> Iterator[Path]:
    """A new folder that every user may pass through."""
    place = open_folder()
    yield place
    place.chmod(0o700)
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """The folder of a stopped server. Its table `kept` holds a 7. All tests share it and leave it in this state."""
    place = open_folder()
    with EmbeddedPostgres(place / "postgres", durable=False) as server:
        query(server.address, "CREATE TABLE kept AS SELECT 7 AS n")
    yield place / "postgres"
    shutil.rmtree(place)
