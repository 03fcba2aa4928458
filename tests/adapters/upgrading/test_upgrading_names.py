"""Upgrades of the names that searches compare."""

from uuid import UUID

import pytest
from alembic import command

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.migrations.commands import check, config_for, migrate
from app.adapters.db.servers import is_migrated
from app.utils.names import search_grams, search_text
from tests.adapters.upgrading.previous_release import run, upgrade_beside, upgrade_to

_BEFORE = "d7c2a9e4f016"
_NAMES = {
    "Школа №5": "школа no5",
    "1️⃣Первый™": "1\u20e3первыйtm",
    "ℹ️Важно ①": "iважно 1",
    "Ⓜ️Тверская": "mтверская",
    "㉑Хлеб ❶Соль🄌": "21хлеб ❶соль🄌",
    "Ёж": "еж",
}
"""Display names, and their text until this upgrade."""


@pytest.fixture
def database(database: DatabaseAddress) -> DatabaseAddress:
    """A database of the version before, with names."""
    upgrade_to(database, _BEFORE)
    for number, (name, text) in enumerate(_NAMES.items()):
        run(
            database,
            "INSERT INTO account (id, username, display_name, search_text, search_grams, created_at, updated_at) "
            "VALUES ($1, $2, $3, $4, $5, now(), now())",
            *(UUID(int=number), f"person{number}", name, f"person{number}\n{text}", search_grams(text)),
        )
    return database


def _stored(database: DatabaseAddress) -> list[str]:
    return [row["search_text"] for row in run(database, "SELECT search_text FROM account ORDER BY id")]


def test_names_with_signs_are_found_by_their_words_and_as_before_after_a_downgrade(database: DatabaseAddress) -> None:
    before = _stored(database)
    migrate(database)
    assert is_migrated(database)
    check(database)
    after = [search_text(f"person{number}", name) for number, name in enumerate(_NAMES)]
    assert _stored(database) == after
    assert after[:2] == ["person0\nшкола no 5", "person1\n1 первый tm"]
    grams = run(database, "SELECT search_text, search_grams FROM account WHERE display_name <> 'Ёж'")
    assert [row["search_grams"] for row in grams] == [search_grams(row["search_text"]) for row in grams]
    command.downgrade(config_for(database), _BEFORE)
    assert _stored(database) == before


def test_accounts_are_changed_while_the_name_of_another_one_waits(
    database: DatabaseAddress, warnings: list[str]
) -> None:
    upgrade_beside(
        database,
        "BEGIN; UPDATE account SET bio = 'new' WHERE username = 'person1'",
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        lambda writer: writer.execute("UPDATE account SET bio = 'new' WHERE username = 'person0'", timeout=10),
    )
    assert "UPDATE account SET search_text" in warnings[0]
    assert is_migrated(database)
    assert _stored(database)[:2] == ["person0\nшкола no 5", "person1\n1 первый tm"]
