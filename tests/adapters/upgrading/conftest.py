"""A database of the previous release, and what its upgrade logs."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from loguru import logger

from app.adapters.db.address import DatabaseAddress
from tests.adapters.upgrading.previous_release import NEWEST_MIGRATION, run, upgrade_to


@pytest.fixture
def database(template: DatabaseAddress) -> Iterator[DatabaseAddress]:
    """A database of the previous release."""
    address = template.with_database(f"test_{uuid4().hex[:12]}")
    maintenance = template.with_database("postgres")
    run(maintenance, f'CREATE DATABASE "{address.database}" TEMPLATE template0')
    upgrade_to(address, NEWEST_MIGRATION)
    yield address
    run(maintenance, f'DROP DATABASE "{address.database}" WITH (FORCE)')


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    lines: list[str] = []
    sink = logger.add(lines.append, level="WARNING", format="{message}")
    yield lines
    logger.remove(sink)
