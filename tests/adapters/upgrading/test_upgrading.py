"""Upgrades of a database of the previous release."""

import asyncio
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import ProgrammingError

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.migrations.commands import check, migrate
from app.adapters.db.servers import is_migrated
from tests.adapters.upgrading.previous_release import run, upgrade_beside, upgrade_to

_BEFORE_AN_INDEX_OF_MESSAGES = "9b20d4c6e8f1"
_BEFORE_A_COLUMN_OF_MESSAGES = "c0b7e92d41fa"
_BEFORE_AN_INDEX_OF_CHAT_LISTS = "75703a6da9f9"
_BEFORE_INDEXES_OF_LARGE_CHATS = "c4a19e7d3f60"
_OF_LARGE_CHATS = ("chat_member", "former_member", "thread_reply", "thread_participant")


def test_reactions_of_one_emoji_in_two_spellings_become_one(database: DatabaseAddress) -> None:
    chat, anna, boris = uuid4(), uuid4(), uuid4()
    given = [("❤", anna), ("❤\ufe0f", anna), ("❤", boris), ("👍\ufe0f", boris), ("👍", anna), ("🎉", anna)]
    for seq in (1, 2):
        run(
            database,
            "INSERT INTO message (chat_id, seq, id, sender_id, type, text, digest, created_at, event_seqs, "
            "reaction_count) VALUES ($1, $2, $3, $3, 'text', '', '', now(), '{}', $4)",
            *(chat, seq, anna, len(given) if seq == 1 else 1),
        )
    for seq, emoji, account in [*((1, *one) for one in given), (2, "1\u20e3", boris)]:
        run(database, "INSERT INTO reaction VALUES ($1, $2, $3, $4, now())", chat, seq, emoji, account)
    migrate(database)
    rows = run(database, "SELECT seq, emoji, account_id FROM reaction")
    assert {tuple(row) for row in rows} == {
        *((1, "❤\ufe0f", anna), (1, "❤\ufe0f", boris), (1, "👍", anna), (1, "👍", boris), (1, "🎉", anna)),
        (2, "1\ufe0f\u20e3", boris),
    }
    counts = run(database, "SELECT seq, reaction_count FROM message ORDER BY seq")
    assert [tuple(row) for row in counts] == [(1, 5), (2, 1)]


def test_wrong_names_in_catalogues_are_corrected_unless_an_administrator_has_changed_them(
    database: DatabaseAddress,
) -> None:
    run(database, "UPDATE catalogue_countries SET value_ru = 'США' WHERE key = 'US'")
    run(database, "INSERT INTO version_of_catalogue VALUES ('countries', 4)")
    migrate(database)
    rows = run(
        database,
        "SELECT key, value_ru FROM catalogue_countries UNION ALL SELECT key, value_ru FROM catalogue_time_zones "
        "UNION ALL SELECT key, value_ru FROM catalogue_languages WHERE key = 'kj'",
    )
    assert {
        "US": "США",
        "CD": "Конго — Киншаса",
        "kj": "кваньяма",
        "America/Atikokan": "Атикокан, Канада",
        "America/Indiana/Winamac": "Уинамак, Индиана, Соединённые Штаты",
        "America/North_Dakota/Center": "Сентер, Северная Дакота, Соединённые Штаты",
        "Europe/Chisinau": "Кишинёв, Молдова",
    }.items() <= {row["key"]: row["value_ru"] for row in rows}.items()
    versions = run(database, "SELECT name, version FROM version_of_catalogue")
    assert {tuple(row) for row in versions} == {("countries", 5), ("languages", 1), ("time-zones", 1)}


@pytest.mark.parametrize("index", ["ix_message_deleted", "ix_account_chat_added_by"])
def test_a_migration_that_breaks_off_at_an_index_can_be_repeated(database: DatabaseAddress, index: str) -> None:
    run(database, f"CREATE TABLE {index} ()")
    with pytest.raises(ProgrammingError, match=index):
        migrate(database)
    run(database, f"DROP TABLE {index}")
    migrate(database)
    assert is_migrated(database)
    check(database)


def test_messages_are_read_while_a_migration_waits_for_their_table(
    database: DatabaseAddress, warnings: list[str]
) -> None:
    upgrade_to(database, _BEFORE_A_COLUMN_OF_MESSAGES)
    upgrade_beside(
        database,
        "BEGIN; LOCK TABLE message IN ACCESS SHARE MODE",
        "SELECT count(*) FROM pg_locks WHERE relation = 'message'::regclass AND NOT granted",
        lambda reader: reader.fetchval("SELECT count(*) FROM message", timeout=10),
    )
    assert is_migrated(database)
    assert "ALTER TABLE message ADD COLUMN parts" in warnings[0]


def test_an_index_of_messages_waits_for_old_transactions_as_long_as_they_last(
    database: DatabaseAddress, warnings: list[str]
) -> None:
    """Whatever the database allows other connections."""
    waiting = (
        "SELECT count(*) FROM pg_stat_progress_create_index "
        "WHERE relid = 'message'::regclass AND phase = 'waiting for old snapshots'"
    )

    async def is_still_waiting(reader: Connection) -> None:
        await asyncio.sleep(2)
        assert await reader.fetchval(waiting)

    upgrade_to(database, _BEFORE_AN_INDEX_OF_MESSAGES)
    for limit in ("statement_timeout", "lock_timeout"):
        run(database, f"ALTER DATABASE {database.database} SET {limit} = '1s'")
    upgrade_beside(database, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM message", waiting, is_still_waiting)
    assert is_migrated(database)
    assert not warnings


def test_chats_are_joined_and_left_while_an_index_of_chat_lists_waits(
    database: DatabaseAddress, warnings: list[str]
) -> None:
    async def join_and_leave(writer: Connection) -> None:
        await writer.execute("SET lock_timeout = '2s'")
        await writer.execute(
            "INSERT INTO account_chat (account_id, chat_id, joined_seq) VALUES ($1, $1, 1)", UUID(int=2)
        )
        await writer.execute("DELETE FROM account_chat WHERE account_id = $1", UUID(int=1))

    upgrade_to(database, _BEFORE_AN_INDEX_OF_CHAT_LISTS)
    run(database, "INSERT INTO account_chat (account_id, chat_id, joined_seq) VALUES ($1, $1, 1)", UUID(int=1))
    upgrade_beside(
        database,
        "BEGIN; LOCK TABLE account_chat IN ROW EXCLUSIVE MODE",
        "SELECT count(*) FROM pg_stat_progress_create_index WHERE relid = 'account_chat'::regclass",
        join_and_leave,
    )
    assert is_migrated(database)
    assert not warnings
    check(database)


@pytest.mark.parametrize("table", _OF_LARGE_CHATS)
def test_members_and_replies_are_written_while_their_indexes_wait(
    database: DatabaseAddress, warnings: list[str], table: str
) -> None:
    upgrade_to(database, _BEFORE_INDEXES_OF_LARGE_CHATS)
    one = UUID(int=1)
    run(database, "INSERT INTO chat (id, type, created_by, active_at) VALUES ($1, 'group', $1, now())", one)
    for statement in (
        "INSERT INTO chat_member (chat_id, account_id, role, joined_event_seq, joined_at) "
        "VALUES ($1, $1, '', 1, now())",
        "INSERT INTO former_member (chat_id, account_id, left_event_seq) VALUES ($1, $1, 1)",
        "INSERT INTO thread_reply (chat_id, seq, root_seq, sender_id) VALUES ($1, 2, 1, $1)",
        "INSERT INTO thread_participant (chat_id, root_seq, account_id, first_seq, reply_count) "
        "VALUES ($1, 1, $1, 2, 1)",
    ):
        run(database, statement, one)
    waiting = f"SELECT count(*) FROM pg_stat_progress_create_index WHERE relid = '{table}'::regclass"  # noqa: S608
    upgrade_beside(
        database,
        f"BEGIN; LOCK TABLE {table} IN ROW EXCLUSIVE MODE",
        waiting,
        lambda writer: writer.execute(f"DELETE FROM {table} WHERE chat_id = $1", one, timeout=10),  # noqa: S608
    )
    assert is_migrated(database)
    assert not warnings
    check(database)
    assert run(database, "SELECT FROM pg_index WHERE NOT indisvalid") == []
