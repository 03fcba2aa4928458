"""`manage.py doctor` finds each problem, and fixes those that can be fixed."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.commands.doctor_checks import Finding, check_log_files
from app.commands.doctor_repairs import repair
from app.utils.invariants import Invariant
from tests.fakers import FakeClient, eventually, ok, problem
from tests.manage import manage
from tests.nats_server import NatsServer
from tests.processes import free_port


@pytest.fixture
async def talk(anna: FakeClient, boris: FakeClient, club: str) -> str:
    """The id of a chat with events of all kinds."""
    for number in range(4):
        await anna.send(club, f"№ {number}")
    ok(await boris.put(f"/chats/{club}/read", {"seq": 2}))
    ok(await boris.put(f"/chats/{club}/messages/1/reactions/👍"))
    return club


async def test_a_healthy_server_has_no_findings(talk: str, database_address: DatabaseAddress) -> None:
    result = await manage(database_address, "doctor", "--least-free-mb=0")
    assert result.exit_code == 0, result.output
    assert "no problems found" in result.output
    assert "✗" not in result.output


BROKEN = {
    "member_count is the number of members": "UPDATE chat SET member_count = 7 WHERE id = $1",
    "no read position is beyond the newest message": "UPDATE chat_member SET read_seq = 99 WHERE chat_id = $1",
    "the chat is in the chat list of every member": "DELETE FROM account_chat WHERE chat_id = $1",
    "no chat is in the chat list of an account that is not a member": (
        "INSERT INTO account_chat (account_id, chat_id, joined_seq) VALUES (gen_random_uuid(), $1, 1)"
    ),
    "no message has a sequence number above last_seq of its chat": "UPDATE chat SET last_seq = 2 WHERE id = $1",
    "no event contains a text that its message no longer has": (
        "UPDATE message SET text = 'правка', edited_at = now() WHERE chat_id = $1 AND seq = 1"
    ),
    "reaction_count and reaction_totals are the numbers of reactions": "DELETE FROM reaction WHERE chat_id = $1",
    "no event has a sequence number above last_seq of its stream": "UPDATE stream SET last_seq = 3 WHERE id = $1",
    "events are numbered from first_seq to last_seq without gaps": "DELETE FROM event WHERE stream_id = $1 AND seq = 3",
    "every event belongs to a stream": "DELETE FROM stream WHERE id = $1",
    "every account has a stream": "DELETE FROM stream WHERE id = (SELECT owner_id FROM chat WHERE id = $1)",
}
IS_INDEXED = """
SELECT (SELECT count(*) FROM message WHERE chat_id = $1 AND deleted_at IS NULL)
     = (SELECT count(*) FROM search_message WHERE chat_id = $1)
"""
"""What was not indexed before its event was deleted would be a second fault."""
NOT_FIXABLE = {
    "the contents of every chat are deleted within a day after the chat": (
        "UPDATE chat SET deleted_at = now() - interval '25 hours' WHERE id = $1"
    ),
    "messages are numbered from 1 to last_seq without gaps": "DELETE FROM message WHERE chat_id = $1 AND seq = 2",
    "every group and channel has exactly one owner, who is a member": "UPDATE chat SET owner_id = NULL WHERE id = $1",
}


@pytest.mark.parametrize("says", BROKEN)
async def test_broken_invariants_are_found_and_fixed(
    anna: FakeClient,
    talk: str,
    database_address: DatabaseAddress,
    sql: Connection,
    says: str,
) -> None:
    async def is_indexed() -> bool:
        return bool(await sql.fetchval(IS_INDEXED, UUID(talk)))

    await eventually(is_indexed)
    await sql.execute(BROKEN[says], UUID(talk))
    result = await manage(database_address, "doctor", "--least-free-mb=0", "--fix", "--yes")
    found, _, after = result.output.partition("fixed; checking again:\n")
    assert f"✗ {says}\n" in found
    assert "✗" not in after
    assert result.exit_code == 0, result.output
    await anna.send(talk, "идёт дальше")


@pytest.mark.parametrize("says", NOT_FIXABLE)
async def test_damage_that_only_a_backup_repairs_is_found(
    talk: str, database_address: DatabaseAddress, sql: Connection, says: str
) -> None:
    await sql.execute(NOT_FIXABLE[says], UUID(talk))
    result = await manage(database_address, "doctor", "--least-free-mb=0", "--fix", "--yes")
    assert result.exit_code == 1
    assert f"✗ {says}\n" in result.output
    assert "    → " in result.output
    assert "fixed" not in result.output


async def test_a_repaired_hole_is_reported_as_a_gap(
    anna: FakeClient, talk: str, database_address: DatabaseAddress, sql: Connection
) -> None:
    await sql.execute("DELETE FROM event WHERE stream_id = $1 AND seq >= 5", UUID(talk))
    await manage(database_address, "doctor", "--fix", "--yes")
    problem(await anna.get(f"/chats/{talk}/events", after=4), 410, "stream_gap")
    await anna.send(talk, "после дыры")
    page = ok(await anna.get(f"/chats/{talk}/events", after=7))
    assert [event["seq"] for event in page["items"]] == [8]


async def test_nothing_is_fixed_without_the_option(
    talk: str, database_address: DatabaseAddress, sql: Connection
) -> None:
    await sql.execute("UPDATE chat SET member_count = 7")
    await manage(database_address, "doctor", "--fix", typed="n\n")
    assert await sql.fetchval("SELECT member_count FROM chat") == 7


async def test_a_fix_may_take_longer_than_a_request(club: str, database_address: DatabaseAddress) -> None:
    """One chat may have a million messages to count."""
    slow = Invariant(says="", find="", advice="", fix=("SELECT pg_sleep(4.7) WHERE $1::uuid[] IS NOT NULL",))
    assert await repair(database_address, [Finding("", ["wrong"], "", slow, [UUID(club)])]) == []


async def test_what_cannot_be_fixed_does_not_stop_the_other_repairs(
    talk: str, database_address: DatabaseAddress, sql: Connection
) -> None:
    await sql.execute("UPDATE chat SET member_count = 7")
    await sql.execute("UPDATE stream SET last_seq = 3 WHERE id = $1", UUID(talk))
    await sql.execute("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not now''; END'")
    await sql.execute("CREATE TRIGGER refuse BEFORE UPDATE ON chat FOR EACH ROW EXECUTE FUNCTION refuse()")
    result = await manage(database_address, "doctor", "--least-free-mb=0", "--fix", "--yes")
    assert result.exit_code == 1
    assert "\nnot fixed: member_count is the number of members: not now\nchecking again:\n" in result.output
    assert "problems found: 1" in result.output.partition("checking again:")[2]


async def test_a_full_disk_is_found(database_address: DatabaseAddress) -> None:
    result = await manage(database_address, "doctor", f"--least-free-mb={2**40}")
    assert result.exit_code == 1
    assert "MB are free" in result.output


async def test_a_wrong_clock_is_found(database_address: DatabaseAddress, sql: Connection) -> None:
    await sql.execute(
        "CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql"
        " AS 'SELECT pg_catalog.clock_timestamp() - interval ''5 minutes'''"
    )
    await sql.execute(f'ALTER DATABASE "{database_address.database}" SET search_path = public, pg_catalog')
    result = await manage(database_address, "doctor", "--least-free-mb=0")
    assert result.exit_code == 1
    assert "they differ by 300 s" in result.output


async def test_a_database_without_tables_is_found(database_address: DatabaseAddress, sql: Connection) -> None:
    await sql.execute("DELETE FROM alembic_version")
    result = await manage(database_address, "doctor", "--least-free-mb=0")
    assert result.exit_code == 1
    assert "python manage.py db migrate" in result.output


async def test_a_missing_extension_is_found(database_address: DatabaseAddress, sql: Connection) -> None:
    await sql.execute('DROP EXTENSION "uuid-ossp" CASCADE')
    result = await manage(database_address, "doctor", "--least-free-mb=0")
    assert result.exit_code == 1
    assert "✗ uuid_generate_v4() exists" in result.output


async def test_an_unavailable_database_is_reported(template: DatabaseAddress) -> None:
    result = await manage(template.with_database(f"nowhere_{uuid4().hex}"), "doctor", "--least-free-mb=0")
    assert result.exit_code == 1
    assert "✗ the database answers" in result.output


async def test_an_invalid_setting_is_found(template: DatabaseAddress) -> None:
    result = await manage(template, "doctor", API_SERVICE_PORT="many")
    assert result.exit_code == 1
    assert "API_SERVICE_PORT" in result.output


async def test_an_unavailable_rate_limit_storage_is_found(database_address: DatabaseAddress) -> None:
    storage = f"redis://:secret@127.0.0.1:{free_port()}"
    result = await manage(database_address, "doctor", "--least-free-mb=0", RATE_LIMIT_STORAGE=storage)
    assert result.exit_code == 1
    assert "✗ the storage of the rate limits answers" in result.output
    assert "problems found: 1" in result.output
    assert "secret" not in result.output


async def test_nats_servers_that_do_not_answer_are_found(
    database_address: DatabaseAddress, nats_server: NatsServer
) -> None:
    bus = {"BUS_DRIVER": "nats", "BUS_URL": f"nats://u:secret@{nats_server.address}"}
    healthy = await manage(database_address, "doctor", "--least-free-mb=0", **bus)
    assert "✓ notifications arrive at all servers of BUS_URL" in healthy.output
    bus["BUS_URL"] += f",nats://u:secret@127.0.0.1:{free_port()}"
    result = await manage(database_address, "doctor", "--least-free-mb=0", **bus)
    assert result.exit_code == 1
    assert "✗ notifications arrive at all servers of BUS_URL" in result.output
    assert "problems found: 1" in result.output
    assert "secret" not in result.output


async def test_a_misspelt_setting_is_found(database_address: DatabaseAddress) -> None:
    result = await manage(database_address, "doctor", "--least-free-mb=0", API_SERVIC_PORT="8000")
    assert result.exit_code == 1
    assert "did you mean API_SERVICE_PORT?" in result.output


async def test_a_log_folder_that_is_not_writable_is_found(
    database_address: DatabaseAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "logs").touch()
    monkeypatch.setattr("app.commands.doctor_checks.LOGS_DIR", tmp_path / "logs")
    result = await manage(database_address, "doctor", "--least-free-mb=0")
    assert result.exit_code == 1
    assert "✗ log files can be written" in result.output


def test_log_files_are_checked_for_a_user_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may run as any user id: `docker run --user 12345`."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 2**31 - 5)
    assert not check_log_files().wrong


async def test_too_many_processes_for_the_connections_of_postgresql_are_found(
    database_address: DatabaseAddress,
) -> None:
    result = await manage(database_address, "doctor", "--least-free-mb=0", API_WORKERS="64", PG_POOL_SIZE="200")
    assert result.exit_code == 1
    assert "64 processes with 217 connections each need 13888" in result.output
    assert "servers beside it are not counted" in result.output


async def test_a_database_whose_locale_knows_only_english_letters_is_found(
    database_address: DatabaseAddress, sql: Connection
) -> None:
    english = database_address.with_database(f"test_english_{uuid4().hex[:8]}")
    await sql.execute(
        f"CREATE DATABASE \"{english.database}\" TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'"
    )
    result = await manage(english, "doctor", "--least-free-mb=0")
    await sql.execute(f'DROP DATABASE "{english.database}" WITH (FORCE)')
    assert result.exit_code == 1
    assert "✗ the database handles letters beyond ASCII" in result.output
