"""`python manage.py db backup` and `db restore`, which run PostgreSQL's own programs."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.diagnosis import DatabaseNotReady
from app.adapters.db.servers import direct_server
from app.commands.create_database import connected, create_like, drop_database, quote
from app.commands.postgres_programs import programs_for
from app.modules.streams_module.services.sequence_numbers import move_numbers_ahead
from app.settings import load_settings
from app.utils.confirmation import Yes, confirm

_NOTHING_OF_OTHERS = ("--no-owner", "--no-privileges")
"""Roles may be missing where the backup is restored."""
_OUR_EXTENSIONS = ("--extension=uuid-ossp", "--extension=plpgsql")
"""An extension of others may need a superuser. plpgsql is always there: pg_dump has to find one of those named."""
_SINCE_17 = b"SET transaction_timeout = 0;"
"""A statement that pg_restore always writes. Servers before version 17 do not know it."""
_USERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = $1 AND usename IS NOT NULL AND pid <> pg_backend_pid() AND backend_type = 'client backend'
  AND application_name NOT LIKE 'citus%'
"""
"""A Citus cluster keeps connections of its own."""


def backup(
    file: Annotated[Path, typer.Argument(help="file to write, in pg_dump's compressed custom format")],
) -> None:
    """Write a consistent backup of all data into one file. The server keeps running.

    Files are not in the database: copy ATTACHMENT_STORE afterwards, so that the copy has all files of the backup.
    Only the user who runs this command may read the file, and its folder if it is created.
    """
    if file.exists():
        raise _already_exists(file)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = _make_unfinished(file)
    except OSError as error:
        raise typer.BadParameter(f"{error.filename}: {error.strerror}") from None
    try:
        with direct_server(load_settings().db) as address:
            programs = asyncio.run(programs_for(address))
            arguments = ["--format=custom", *_NOTHING_OF_OTHERS, *_OUR_EXTENSIONS, f"--file={unfinished.absolute()}"]
            done = subprocess.run(  # noqa: S603 - PostgreSQL's own program, and no shell
                [programs.find("pg_dump"), *arguments, *programs.connection_arguments()],
                env=programs.environment(),
                check=False,
            )
        if done.returncode:
            raise typer.Exit(done.returncode)
        _finish(unfinished, file)
    finally:
        unfinished.unlink(missing_ok=True)
    typer.echo(f"wrote {file}, {file.stat().st_size >> 10} KiB")


def restore(
    file: Annotated[Path, typer.Argument(help="file written by `db backup`", exists=True, dir_okay=False)],
    yes: Yes = False,
) -> None:
    """Replace the database with a backup. Stop the server first.

    The old database is dropped only when the new one is complete. The sequence numbers of events are advanced, so that
    no cursor from before the restore is valid for the restored log, and every client reads the state again.
    """
    settings = load_settings()
    with direct_server(settings.db) as address:
        asyncio.run(refuse_if_used(address))
        confirm(settings.app.environment, f"Replace database {address.database} with {file}?", yes)
        new = _beside(address, "unfinished_restore")
        asyncio.run(drop_database(new))
        try:
            asyncio.run(create_like(new, address))
        except asyncpg.InsufficientPrivilegeError:
            raise DatabaseNotReady(
                "a restore creates a database beside the old one, which the role may not: "
                f"let an administrator of the server run ALTER ROLE {quote(address.user)} CREATEDB"
            ) from None
        try:
            _load(file, new)
            asyncio.run(_replace(address, new))
        finally:
            # Does nothing after a success, when it was renamed. After a failure nothing is left of it.
            asyncio.run(drop_database(new))
    typer.echo(f"database {address.database} is restored from {file}; now run `python manage.py db migrate`")


async def refuse_if_used(address: DatabaseAddress) -> None:
    """Raises BadParameter if the database is in use: a running server would write into a database that is dropped."""
    async with connected(address.with_database("postgres")) as maintenance:
        users = await maintenance.fetchval(_USERS, address.database)
    if users:
        raise typer.BadParameter(f"{users} connections use database {address.database}: stop the server first")


def _make_unfinished(file: Path) -> Path:
    """Creates a file that no other backup writes into, and only its owner can read."""
    fd, path = tempfile.mkstemp(prefix=f"{file.name}.", suffix=".unfinished", dir=file.parent)
    os.close(fd)
    return Path(path)


def _finish(unfinished: Path, file: Path) -> None:
    """Gives the backup its name. Raises BadParameter if another program has created such a file meanwhile."""
    try:
        file.hardlink_to(unfinished)
    except FileExistsError:
        raise _already_exists(file) from None
    except OSError:
        # The disk has no hard links.
        unfinished.rename(file)


def _already_exists(file: Path) -> typer.BadParameter:
    return typer.BadParameter(f"{file} already exists")


def _load(file: Path, address: DatabaseAddress) -> None:
    """Loads a backup into a new database in one transaction: pg_restore unpacks it and psql executes it.

    pg_restore may be newer than the server, so a statement that an older server does not know is removed in between.
    """
    programs = asyncio.run(programs_for(address))
    pg_restore, psql = programs.pg_restore(), programs.find("psql")
    unpacking = subprocess.Popen(  # noqa: S603 - PostgreSQL's own program, and no shell
        [*pg_restore, *_NOTHING_OF_OTHERS, "--file=-", file.absolute()], stdout=subprocess.PIPE
    )
    arguments = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    loading = subprocess.Popen(  # noqa: S603 - the same
        [psql, *arguments, *programs.connection_arguments()],
        env=programs.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    assert unpacking.stdout is not None  # noqa: S101
    assert loading.stdin is not None  # noqa: S101
    try:
        try:
            for line in unpacking.stdout:
                if line.rstrip() == _SINCE_17:
                    break
                loading.stdin.write(line)
            shutil.copyfileobj(unpacking.stdout, loading.stdin)
        except BrokenPipeError:
            # psql has ended and said why. What is unpacked from now on is not read.
            raise typer.Exit(loading.wait() or 1) from None
        # psql commits at the end of its input, so the input ends only after a complete unpacking.
        if code := unpacking.wait():
            raise typer.Exit(code)
        with suppress(BrokenPipeError):
            loading.stdin.close()
        if code := loading.wait():
            raise typer.Exit(code)
    finally:
        for process, pipe in ((unpacking, unpacking.stdout), (loading, loading.stdin)):
            process.kill()
            process.wait()
            with suppress(BrokenPipeError):
                pipe.close()


async def _replace(address: DatabaseAddress, new: DatabaseAddress) -> None:
    """Gives the new database the name of the old one, and drops the old one afterwards.

    Both are renamed in one transaction: if another program is connected to one of them, the old one stays.
    """
    await move_numbers_ahead(new)
    old = _beside(address, "before_restore")
    # One that a killed restore has left.
    await drop_database(old)
    try:
        async with connected(address.with_database("postgres")) as maintenance, maintenance.transaction():
            if await maintenance.fetchval("SELECT true FROM pg_database WHERE datname = $1", address.database):
                await maintenance.execute(_rename(address, old))
            await maintenance.execute(_rename(new, address))
    except asyncpg.ObjectInUseError:
        raise typer.BadParameter(
            f"a program uses database {address.database} or {new.database}: stop it first; nothing is changed"
        ) from None
    await drop_database(old)


def _beside(address: DatabaseAddress, suffix: str) -> DatabaseAddress:
    """Returns a database of a restore, which is dropped without a question if a killed restore has left it.

    PostgreSQL cuts names off at 63 bytes: a longer one could be the name of the database itself.
    """
    return address.with_database(f"{address.database.encode()[:40].decode(errors='ignore')}_{suffix}")


def _rename(database: DatabaseAddress, to: DatabaseAddress) -> str:
    return f"ALTER DATABASE {quote(database.database)} RENAME TO {quote(to.database)}"
