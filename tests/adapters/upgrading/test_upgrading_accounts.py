"""Upgrades of the accounts of a database of the previous release, beside its servers."""

import pytest
from alembic import command
from sqlalchemy.exc import ProgrammingError

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.migrations.commands import check, config_for, migrate
from app.adapters.db.servers import is_migrated
from tests.adapters.upgrading.previous_release import (
    run,
    upgrade_beside,
    upgrade_by_steps,
    upgrade_to,
)

_BEFORE_CANONICAL_FORMS = "2f0e0a4f961f"
_CANONICAL_FORMS = "5c1e7a90b2d4"
_ERASED_ACCOUNTS = "b7d0e4a1c36f"
_SIGN_UP = """
INSERT INTO account (email, username, display_name, bio, password_hash)
VALUES ($1 || '@example.com', $1, $1, '', '')
"""
"""As a server of the previous release signs up."""
_EARLIER_SIGN_UP = """
INSERT INTO account (email, username, display_name, bio, password_hash, created_at)
VALUES ($1, 'earlier', 'Earlier', '', '', now() - interval '1 day')
"""
"""The same, by a transaction that began before."""
_MANY_ACCOUNTS = """
INSERT INTO account (email, username, display_name, password_hash, created_at)
SELECT format('person%s@example.com', n), 'person' || n, 'Person', '', now() + n * interval '1 second'
FROM generate_series(1, 2500) AS n
"""
_WITHOUT_FORMS = "SELECT FROM account WHERE email_key IS NULL OR search_text = '' OR search_grams = '{}'"


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
    # Created modules have migrations on branches of their own.
    migrate(database)
    assert is_migrated(database)


@pytest.mark.parametrize(
    ("held", "waiting", "logged"),
    [
        # A step waits for the account that was created last. The steps before it are committed.
        (
            "SELECT FROM account WHERE username = 'person2500' FOR UPDATE",
            "SELECT EXISTS (SELECT FROM account WHERE email_key IS NOT NULL) AND EXISTS (SELECT FROM pg_stat_activity "
            "WHERE datname = current_database() AND query LIKE '%UPDATE account%' AND wait_event_type = 'Lock')",
            ["waits for a lock that another transaction holds: UPDATE account", "person1, earlier"],
        ),
        # As a backup reads it.
        (
            "LOCK TABLE account IN ACCESS SHARE MODE",
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND query LIKE '%DROP INDEX%' AND wait_event = 'virtualxid'",
            ["person1, earlier"],
        ),
    ],
    ids=["step", "index"],
)
def test_an_account_that_signs_up_meanwhile_gets_its_keys_and_all_accounts_can_be_changed(
    database: DatabaseAddress, warnings: list[str], held: str, waiting: str, logged: list[str]
) -> None:
    upgrade_to(database, _BEFORE_CANONICAL_FORMS)
    run(database, _MANY_ACCOUNTS)

    async def serve(server: Connection) -> None:
        await server.execute("SET lock_timeout = '2s'")
        await server.execute(_EARLIER_SIGN_UP, "ｐerson1@example.com")
        await server.execute(
            "UPDATE account SET bio = 'changed' WHERE username IN ('person1', 'person2400', 'earlier')"
        )

    upgrade_beside(database, f"BEGIN; {held}", waiting, serve)
    assert is_migrated(database)
    check(database)
    assert run(database, _WITHOUT_FORMS) == []
    rows = run(database, "SELECT username, email_copy FROM account WHERE email_key = 'person1@example.com' ORDER BY 2")
    assert [tuple(row) for row in rows] == [("person1", 0), ("earlier", 1)]
    for warning, part in zip(warnings, logged, strict=True):
        assert part in warning


def test_a_migration_of_accounts_that_breaks_off_can_be_repeated(database: DatabaseAddress) -> None:
    run(database, _MANY_ACCOUNTS)
    run(database, "CREATE TABLE uq_account_email_new ()")
    with pytest.raises(ProgrammingError, match="uq_account_email_new"):
        migrate(database)
    run(database, "DROP TABLE uq_account_email_new")
    # As one that was broken off.
    run(database, "CREATE INDEX uq_account_email_new ON account (id)")
    run(database, _EARLIER_SIGN_UP, "ｐerson1@example.com")
    migrate(database)
    assert is_migrated(database)
    check(database)
    assert run(database, _WITHOUT_FORMS) == []
    assert [row[0] for row in run(database, "SELECT username FROM account WHERE email_copy = 1")] == ["earlier"]


def test_a_database_with_keys_from_the_time_when_each_account_needed_one_is_upgraded(database: DatabaseAddress) -> None:
    run(database, _SIGN_UP, "anna")
    upgrade_to(database, _CANONICAL_FORMS)
    run(database, "ALTER TABLE account ALTER email_key SET NOT NULL")
    before = run(database, "SELECT xmin, email_key, search_grams FROM account")
    migrate(database)
    assert is_migrated(database)
    check(database)
    assert run(database, "SELECT xmin, email_key, search_grams FROM account") == before


def test_an_account_of_the_previous_release_keeps_its_address_in_a_downgrade(database: DatabaseAddress) -> None:
    upgrade_to(database, _ERASED_ACCOUNTS)
    run(database, _SIGN_UP, "anna")
    run(database, "INSERT INTO account (username, display_name, bio, erased_at) VALUES ('erased', '', '', now())")
    command.downgrade(config_for(database), f"{_ERASED_ACCOUNTS}-1")
    anna, erased = run(database, "SELECT id::text, email, email_key FROM account ORDER BY username")
    assert (anna["email"], anna["email_key"]) == ("anna@example.com", None)
    assert (erased["email"], erased["email_key"]) == (erased["id"], None)
    migrate(database)
    check(database)
