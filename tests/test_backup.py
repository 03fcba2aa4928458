"""`db backup` and `db restore`, and what clients learn whose cursors are ahead of the backup."""

import asyncio
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import httpx
import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.commands import backup
from app.commands.postgres_programs import Programs
from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.databases import drop, execute, fetch
from tests.fakers import API, FakeClient, FakeSocket, as_sent, eventually, ok, problem
from tests.manage import manage
from tests.servers import http_client, listening, settings_for

LOST = 4
"""Messages that are sent after the backup."""


@asynccontextmanager
async def server_on(settings: Settings, address: DatabaseAddress) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """A server for the time of the block: a client of it, and its address."""
    async with (
        listening(build_app(replace(settings, db=settings_for(address)))) as at,
        http_client(f"http://{at}") as http,
    ):
        yield http, at
    connections = "SELECT FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'"

    async def have_ended() -> bool:
        return not await fetch(address.with_database("postgres"), connections, address.database)

    # PostgreSQL notices a moment after the server that its connections have ended. Until then a restore is refused.
    await eventually(have_ended)


async def check_gap(user: FakeClient, at: str, chat: str, cursors: dict[str, int]) -> dict[str, int]:
    """Check that every transport reports the cursors as not resumable. Returns the cursors from which the client goes
    on."""
    for path, stream_id in ((f"/chats/{chat}/events", chat), ("/accounts/me/events", user.id)):
        problem(await user.get(path, after=cursors[stream_id]), 410, "stream_gap")
        headers = {**user.headers, "Accept": "text/event-stream", "Last-Event-ID": str(cursors[stream_id])}
        problem(await user.http.get(f"{API}{path}", headers=headers), 410, "stream_gap")
    async with FakeSocket(user, at) as fresh:
        await fresh.cut()
        fresh.cursors = dict(cursors)
        await fresh.connect()
        await fresh.until(lambda: len(fresh.gaps) == 2)
        await fresh.ask("ping")
    assert not fresh.events
    assert {gap["stream_id"] for gap in fresh.gaps} == {chat, user.id}
    return fresh.cursors


async def check_unknown(late: FakeClient) -> None:
    """Check that an account created after the backup is not signed in, though its access token has not expired."""
    problem(await late.get("/accounts/me"), 401, "unauthenticated")
    problem(await late.patch("/accounts/me", {"bio": "new"}), 401, "unauthenticated")
    problem(await late.post("/chats", {"type": "group", "title": "t"}), 401, "unauthenticated")
    passwords = {"current_password": "irrelevant here", "new_password": "a fine long secret"}
    problem(await late.post("/accounts/me/password", passwords), 401, "unauthenticated")


async def test_a_cursor_beyond_a_restored_backup_is_reported_as_a_gap(
    base_settings: Settings, own_database: DatabaseAddress, tmp_path: Path
) -> None:
    file = tmp_path / "monday.dump"
    async with server_on(base_settings, own_database) as (http, at):
        anna, boris = await FakeClient.sign_up(http, "anna"), await FakeClient.sign_up(http, "boris")
        club = await anna.open_chat(boris)
        before = [await anna.send(club, text) for text in ("один", "два")]
        assert (await manage(own_database, "db", "backup", str(file))).exit_code == 0
        for number in range(LOST):
            await anna.send(club, f"пропало {number}")
        ok(await boris.put(f"/chats/{club}/read", {"seq": 2 + LOST}))
        late = await FakeClient.sign_up(http, "late")
        cursors = {club: 4 + LOST, boris.id: 2}
        assert ok(await boris.get(f"/chats/{club}"))["event_seq"] == cursors[club]
    for _ in range(2):
        restored = await manage(own_database, "db", "restore", str(file), "--yes")
        assert restored.exit_code == 0, restored.output
        assert (await manage(own_database, "doctor", "--least-free-mb=0")).exit_code == 0
        async with server_on(base_settings, own_database) as (http, at):
            anna.http = boris.http = late.http = http
            await check_unknown(late)
            await check_gap(boris, at, club, cursors)
            history = ok(await boris.get(f"/chats/{club}/messages"))["items"]
            assert [as_sent(message) for message in history] == before
            # As many new events as were lost, and more, in both streams.
            sent = [await anna.send(club, f"новое {number}") for number in range(2 * LOST)]
            for message in sent:
                ok(await boris.put(f"/chats/{club}/read", {"seq": message["seq"]}))
            assert [message["seq"] for message in sent] == list(range(3, 3 + 2 * LOST))
            now = await check_gap(boris, at, club, cursors)
            await anna.send(club, "дальше")
            (event,) = await boris.events(club, after=now[club])
            assert event["data"]["text"] == "дальше"
            assert event["seq"] < 2**53
        # Restore the same backup again: the events of this server are unknown again.
        cursors = {club: event["seq"], boris.id: now[boris.id]}


async def test_only_the_owner_can_read_a_backup(database_address: DatabaseAddress, tmp_path: Path) -> None:
    file = tmp_path / "backups" / "monday.dump"
    assert (await manage(database_address, "db", "backup", str(file))).exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert list(file.parent.iterdir()) == [file]


async def test_a_backup_replaces_no_file(database_address: DatabaseAddress, tmp_path: Path) -> None:
    file = tmp_path / "monday.dump"
    file.write_text("precious")
    assert (await manage(database_address, "db", "backup", str(file))).exit_code == 2
    assert file.read_text() == "precious"


async def test_a_folder_that_cannot_be_created_is_reported_in_one_line(
    database_address: DatabaseAddress, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    result = await manage(database_address, "db", "backup", str(tmp_path / "file" / "monday.dump"))
    assert result.exit_code == 2
    assert "Traceback" not in result.output


async def test_a_restore_is_refused_while_a_server_uses_the_database(
    anna: FakeClient, club: str, database_address: DatabaseAddress, tmp_path: Path
) -> None:
    file = tmp_path / "monday.dump"
    assert (await manage(database_address, "db", "backup", str(file))).exit_code == 0
    await anna.send(club, "после")
    result = await manage(database_address, "db", "restore", str(file), "--yes")
    assert result.exit_code == 2
    assert "stop the server first" in " ".join(result.output.split())
    assert ok(await anna.get(f"/chats/{club}"))["last_message"]["text"] == "после"


@pytest.mark.parametrize("part", [0.0, 0.5])
async def test_an_incomplete_backup_file_changes_nothing(
    base_settings: Settings, own_database: DatabaseAddress, tmp_path: Path, part: float
) -> None:
    file = tmp_path / "monday.dump"
    assert (await manage(own_database, "db", "backup", str(file))).exit_code == 0
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * part)] or b"this is no backup")
    async with server_on(base_settings, own_database) as (http, _):
        anna = await FakeClient.sign_up(http, "anna")
    assert (await manage(own_database, "db", "restore", str(file), "--yes")).exit_code == 1
    async with server_on(base_settings, own_database) as (http, _):
        anna.http = http
        ok(await anna.get("/accounts/me"))


@pytest.mark.parametrize(
    "locale", ["LC_COLLATE 'C' LC_CTYPE 'POSIX'", "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"]
)
async def test_a_restored_database_has_the_locale_of_the_one_before(
    own_database: DatabaseAddress, tmp_path: Path, locale: str
) -> None:
    find = "SELECT to_jsonb(d) - '{oid,datfrozenxid,datminmxid}'::text[] FROM pg_database d WHERE datname = $1"
    file = tmp_path / "monday.dump"
    assert (await manage(own_database, "db", "backup", str(file))).exit_code == 0
    copy = own_database.with_database(f"{own_database.database}_copy")
    await execute(own_database, f"CREATE DATABASE {copy.database} TEMPLATE template0 ENCODING 'UTF8' {locale}")
    before = await fetch(own_database, find, copy.database)
    assert (await manage(copy, "db", "restore", str(file), "--yes")).exit_code == 0
    assert await fetch(own_database, find, copy.database) == before
    await drop(copy)


async def test_a_restore_ends_if_psql_does_in_the_middle(
    own_database: DatabaseAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "monday.dump"
    assert (await manage(own_database, "db", "backup", str(file))).exit_code == 0
    find = Programs.find
    monkeypatch.setattr(
        Programs, "find", lambda programs, name: "/bin/false" if name == "psql" else find(programs, name)
    )
    assert (await manage(own_database, "db", "restore", str(file), "--yes")).exit_code == 1
    assert (await manage(own_database, "db", "check")).exit_code == 0


async def test_a_restore_leaves_a_copy_with_a_usual_name_alone(own_database: DatabaseAddress, tmp_path: Path) -> None:
    """An operator has tried the backup in a database of its own before."""
    file = tmp_path / "monday.dump"
    assert (await manage(own_database, "db", "backup", str(file))).exit_code == 0
    copy = own_database.with_database(f"{own_database.database}_restored")
    assert (await manage(copy, "db", "restore", str(file), "--yes")).exit_code == 0
    assert (await manage(own_database, "db", "restore", str(file), "--yes")).exit_code == 0
    assert (await manage(copy, "db", "check")).exit_code == 0
    await drop(copy)


async def test_a_restore_whose_database_is_in_use_when_it_is_complete_changes_nothing(
    base_settings: Settings, own_database: DatabaseAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A monitor that reads all databases connects to the new one as well."""
    file = tmp_path / "monday.dump"
    assert (await manage(own_database, "db", "backup", str(file))).exit_code == 0
    async with server_on(base_settings, own_database) as (http, _):
        anna = await FakeClient.sign_up(http, "anna")
    monitors: list[Connection] = []
    loop = asyncio.get_running_loop()

    async def connect(new: DatabaseAddress) -> None:
        monitors.append(await asyncpg.connect(**new.connect_arguments()))

    async def move_numbers_ahead(new: DatabaseAddress) -> None:
        # The command has an event loop of its own, which ends with it.
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(connect(new), loop))

    monkeypatch.setattr(backup, "move_numbers_ahead", move_numbers_ahead)
    result = await manage(own_database, "db", "restore", str(file), "--yes")
    for monitor in monitors:
        await monitor.close()
    assert (result.exit_code, len(monitors)) == (2, 1)
    assert "stop it first" in " ".join(result.output.split())
    async with server_on(base_settings, own_database) as (http, _):
        anna.http = http
        ok(await anna.get("/accounts/me"))


async def test_a_command_moves_the_sequence_numbers_ahead(
    base_settings: Settings, own_database: DatabaseAddress
) -> None:
    """For operators who have restored PostgreSQL to an earlier moment themselves."""
    async with server_on(base_settings, own_database) as (http, _):
        anna = await FakeClient.sign_up(http, "anna")
        club = await anna.open_chat()
    assert (await manage(own_database, "streams", "advance", "--yes")).exit_code == 0
    async with server_on(base_settings, own_database) as (http, at):
        anna.http = http
        await check_gap(anna, at, club, {club: 100, anna.id: 100})
