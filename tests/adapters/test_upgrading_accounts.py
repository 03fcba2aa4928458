"""Upgrades of the accounts of a database of the previous release, beside its servers."""

from collections.abc import Iterator

import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.migrations.commands import check, migrate
from app.adapters.db.servers import is_migrated
from tests.adapters.previous_release import logged_warnings, previous_release, run, upgrade_by_steps

_SIGN_UP = """
INSERT INTO account (email, username, display_name, bio, password_hash)
VALUES ($1 || '@example.com', $1, $1, '', '')
"""
"""As a server of the previous release signs up."""


@pytest.fixture
def database(template: DatabaseAddress) -> Iterator[DatabaseAddress]:
    with previous_release(template) as address:
        yield address


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    with logged_warnings() as lines:
        yield lines


def test_accounts_get_their_keys_and_duplicates_of_a_mailbox_are_reported(
    database: DatabaseAddress, warnings: list[str]
) -> None:
    emails = (
        "Post@bücher.example",
        "anna@example.com",
        "post@xn--bcher-kva.example",
        "no address",
        "post@ｂücher.example",
    )
    for number, email in enumerate(emails):
        run(
            database,
            "INSERT INTO account (email, username, display_name, password_hash, created_at) "
            "VALUES ($1, $2, 'Ёж', '', now() + $3 * interval '1 second')",
            *(email, f"person{number}", number),
        )
    migrate(database)
    assert is_migrated(database)
    check(database)
    rows = run(database, "SELECT email, email_key, email_copy, search_text FROM account ORDER BY created_at")
    post = "post@xn--bcher-kva.example"
    keys = [(post, 0), ("anna@example.com", 0), (post, 1), ("no address", 0), (post, 2)]
    assert [(row["email"], row["email_key"], row["email_copy"]) for row in rows] == [
        (email, *key) for email, key in zip(emails, keys, strict=True)
    ]
    assert rows[0]["search_text"] == "person0\nеж"
    (warning,) = warnings
    assert "person0, person2, person4" in warning


def test_people_can_sign_up_with_the_previous_release_after_each_migration(database: DatabaseAddress) -> None:
    for number, _ in enumerate(upgrade_by_steps(database)):
        run(database, _SIGN_UP, f"person{number}")
    assert is_migrated(database)
