"""Upgrades of the files of a database of the previous release, beside its servers."""

from uuid import UUID

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.migrations.commands import check, migrate
from app.adapters.db.servers import is_migrated
from tests.adapters.upgrading.previous_release import run, upgrade_beside, upgrade_to

_BEFORE_PAYERS, _BEFORE_OWNERS_PAY = "a8f3d61c29b7", "c6e1f94b2d70"
_ANNA, _BOT, _BORIS, _NEW = (UUID(int=number) for number in range(1, 5))
_USE = """
INSERT INTO attachment_usage (account_id, bytes) VALUES ($1, 10)
ON CONFLICT (account_id) DO UPDATE SET bytes = attachment_usage.bytes + excluded.bytes
"""
"""As a server of the previous release counts a file."""
_PAYERS = "SELECT account_id, bytes, payer_id FROM attachment_usage ORDER BY account_id"


def _create_bot(database: DatabaseAddress) -> None:
    for account in (_ANNA, _BOT):
        run(database, "INSERT INTO account (id, username, display_name) VALUES ($1, $1::uuid::text, '')", account)
    run(database, "INSERT INTO bot (account_id, owner_id, created_at) VALUES ($1, $2, now())", _BOT, _ANNA)


def test_owners_pay_for_the_files_that_their_bots_have(database: DatabaseAddress) -> None:
    upgrade_to(database, _BEFORE_PAYERS)
    _create_bot(database)
    for account in (_ANNA, _BOT, _BORIS):
        run(database, _USE, account)
    migrate(database)
    assert is_migrated(database)
    check(database)
    rows = [(_ANNA, 10, None), (_BOT, 10, _ANNA), (_BORIS, 10, None)]
    assert [tuple(row) for row in run(database, _PAYERS)] == rows


def test_files_are_counted_while_the_index_of_payers_waits(database: DatabaseAddress, warnings: list[str]) -> None:
    async def upload(server: Connection) -> None:
        await server.execute("SET lock_timeout = '2s'")
        for account in (_BOT, _NEW):
            await server.execute(_USE, account)

    upgrade_to(database, _BEFORE_OWNERS_PAY)
    _create_bot(database)
    run(database, _USE, _BOT)
    upgrade_beside(
        database,
        "BEGIN; LOCK TABLE attachment_usage IN ROW EXCLUSIVE MODE",
        "SELECT count(*) FROM pg_stat_progress_create_index WHERE relid = 'attachment_usage'::regclass",
        upload,
    )
    assert is_migrated(database)
    assert not warnings
    check(database)
    assert [tuple(row) for row in run(database, _PAYERS)] == [(_BOT, 20, _ANNA), (_NEW, 10, None)]
