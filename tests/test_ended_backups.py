"""`db backup` and `db restore` that get a signal in the middle."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.commands.create_database import connected
from app.settings import PROJECT_ROOT
from tests.fakers import eventually
from tests.manage import manage, variables_for
from tests.processes import clean_environment

CONNECTED = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND starts_with(datname, $2)"


@pytest.fixture
async def maintenance(postgres: DatabaseAddress) -> AsyncIterator[Connection]:
    """A connection to another database of the same server."""
    async with connected(postgres.with_database("postgres")) as connection:
        yield connection


@asynccontextmanager
async def locked_table(address: DatabaseAddress) -> AsyncIterator[None]:
    """A backup waits for the table until the end of the block."""
    async with connected(address) as connection:
        await connection.execute("BEGIN; LOCK TABLE account")
        yield


async def start(
    maintenance: Connection, address: DatabaseAddress, *arguments: str, program: str, by: tuple[str, ...] = ()
) -> asyncio.subprocess.Process:
    """Start a command of `manage.py db`. Returns once the program that it runs is connected."""
    process = await asyncio.create_subprocess_exec(
        *by, sys.executable, "manage.py", "db", *arguments,
        cwd=PROJECT_ROOT, env=clean_environment(variables_for(address)), stdin=asyncio.subprocess.DEVNULL,
    )  # fmt: skip

    async def is_connected() -> bool:
        return bool(await maintenance.fetchval(CONNECTED, program, address.database)) or process.returncode is not None

    await eventually(is_connected, 60)
    return process


# Python restores the default actions at its end: the last signal may still meet the process.
ENDED = (128 + signal.SIGTERM, 128 + signal.SIGHUP, -signal.SIGTERM, -signal.SIGHUP)


async def end(process: asyncio.subprocess.Process, number: signal.Signals) -> int:
    """Send a signal twice, as `timeout` does, and others, as systemd does. Returns the exit status."""
    process.send_signal(number)
    for other in (number, signal.SIGTERM, signal.SIGHUP):
        process.send_signal(other)
    return await asyncio.wait_for(process.wait(), 30)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
async def test_a_backup_that_is_ended_leaves_no_file(
    own_database: DatabaseAddress, maintenance: Connection, tmp_path: Path, number: signal.Signals
) -> None:
    file = tmp_path / "monday.dump"
    async with locked_table(own_database):
        process = await start(maintenance, own_database, "backup", str(file), program="pg_dump")
        assert len(list(file.parent.iterdir())) == 1
        assert await end(process, number) in ENDED
    assert list(file.parent.iterdir()) == []


async def test_a_restore_that_is_ended_leaves_no_database(
    own_database: DatabaseAddress, maintenance: Connection, tmp_path: Path
) -> None:
    file = tmp_path / "never complete.dump"
    os.mkfifo(file)
    # Nothing is written into the pipe, so pg_restore waits.
    pipe = os.open(file, os.O_RDWR)
    try:
        process = await start(maintenance, own_database, "restore", str(file), "--yes", program="psql")
        assert await end(process, signal.SIGTERM) in ENDED
    finally:
        os.close(pipe)
    find = "SELECT array_agg(datname::text) FROM pg_database WHERE starts_with(datname, $1)"
    assert await maintenance.fetchval(find, own_database.database) == [own_database.database]
    assert (await manage(own_database, "db", "check")).exit_code == 0


async def test_a_backup_that_nohup_has_started_outlives_its_terminal(
    own_database: DatabaseAddress, maintenance: Connection, tmp_path: Path
) -> None:
    file = tmp_path / "monday.dump"
    async with locked_table(own_database):
        process = await start(maintenance, own_database, "backup", str(file), program="pg_dump", by=("nohup",))
        process.send_signal(signal.SIGHUP)
    assert await asyncio.wait_for(process.wait(), 60) == 0
    assert file.stat().st_size
