"""`python manage.py doctor`, which checks a server and its database and says how to fix problems."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.diagnosis import DatabaseNotReady
from app.adapters.db.embedded import EmbeddedPostgresError
from app.adapters.db.migrations.heads import DatabaseIsNewer, applied_revisions, known_heads, removed_modules
from app.adapters.db.servers import direct_server
from app.commands.doctor_checks import (
    Finding,
    check_connections,
    check_disk_space,
    check_log_files,
    check_nats,
    check_notifications,
    check_rate_limit_storage,
    check_variable_names,
)
from app.commands.doctor_repairs import TIMEOUT, repair
from app.settings import Settings, SettingsError, load_settings
from app.settings.streams_settings import BusDriver
from app.utils.confirmation import Yes, confirm
from app.utils.invariants import Inspection, Invariant
from app.utils.module import Module, Modules
from app.utils.own_settings import load_all_settings, own_groups
from app.utils.setup_modules import ModulesError, choose_modules, discover_modules, sort_modules

commands = typer.Typer()

_OLDEST_SERVER = 150_000
_MAX_SKEW = 2.0
"""Seconds that clocks may differ. Tokens use the clock of the process that handles the request."""
_SHOWN = 3
"""How many places of one problem are shown."""


@commands.command()
def doctor(
    fix: Annotated[
        bool, typer.Option("--fix", help="fix what can be fixed, under the locks that the server uses")
    ] = False,
    least_free_mb: Annotated[int, typer.Option(min=0, help="required free disk space in megabytes")] = 1024,
    yes: Yes = False,
) -> None:
    """Check the settings, the database, the disk, sequence numbers and counters.

    Changes nothing without --fix. The exit status is 1 if a problem is found.
    """
    console = Console(highlight=False, soft_wrap=True)
    wrong = _find_problems(console, least_free_mb)
    fixable = [finding for finding in wrong if finding.invariant is not None and finding.invariant.fix]
    if fixable and fix:
        settings = load_settings()
        confirm(settings.app.environment, f"Fix {len(fixable)} of {len(wrong)} problems? Make a backup first.", yes)
        with direct_server(settings.db) as address:
            failures = asyncio.run(repair(address, fixable))
        for failure in failures:
            console.print(f"[red]not fixed: {escape(failure)}[/]")
        console.print("checking again:" if failures else "fixed; checking again:")
        wrong = _find_problems(console, least_free_mb)
        fixable = []
    if not wrong:
        console.print("[green]no problems found[/]")
        return
    advice = f"; `python manage.py doctor --fix` can fix {len(fixable)} of them" if fixable else ""
    console.print(f"[red]problems found: {len(wrong)}[/]{advice}")
    raise typer.Exit(1)


def _find_problems(console: Console, least_free_mb: int) -> list[Finding]:
    """Runs all checks, prints their findings, and returns those that are problems."""
    wrong: list[Finding] = []

    def report(finding: Finding) -> None:
        _print_finding(console, finding)
        if finding.wrong:
            wrong.append(finding)

    _run_checks(least_free_mb, report)
    return wrong


def _print_finding(console: Console, finding: Finding) -> None:
    if not finding.wrong:
        console.print(f"[green]✓[/] {escape(finding.about)}")
        return
    console.print(f"[red]✗ {escape(finding.about)}[/]")
    for detail in finding.wrong[:_SHOWN]:
        console.print(f"    {escape(detail)}")
    if len(finding.wrong) > _SHOWN:
        console.print(f"    and {len(finding.wrong) - _SHOWN} more")
    console.print(f"    → {escape(finding.advice)}")


def _run_checks(least_free_mb: int, report: Callable[[Finding], None]) -> None:
    """Runs all checks, from the settings to the rows of the tables. Stops if the remaining checks are not possible."""
    about = "the settings are valid"
    try:
        known = discover_modules()
        settings = load_all_settings(known)
        enabled = Modules(choose_modules(known, settings.modules.enabled_modules))
        # Modules that others depend on are checked first, and so repaired first.
        every = sort_modules(known)
    except (SettingsError, ModulesError) as error:
        report(Finding(about, str(error).splitlines(), "correct the environment or .env"))
        return
    report(Finding(about))
    report(check_variable_names(own_groups(known.values())))
    report(check_disk_space(settings, least_free_mb))
    if settings.log.enable and settings.log.write_to_file:
        report(check_log_files())
    if settings.limits.enable and settings.limits.is_shared:
        report(asyncio.run(check_rate_limit_storage(settings.limits)))
    try:
        with direct_server(settings.db) as address:
            asyncio.run(_check_database(address, settings, every, enabled, report))
    except (EmbeddedPostgresError, DatabaseNotReady) as error:
        report(Finding("the database answers", [str(error)], "check the PG_* settings and PostgreSQL's log"))


async def _check_database(
    address: DatabaseAddress,
    settings: Settings,
    every: Sequence[Module],
    enabled: Modules,
    report: Callable[[Finding], None],
) -> None:
    """Checks the database. The tables of modules that are not enabled are there, too."""
    async with _connected(address) as connection:
        for check in (check_server_version, check_encoding, check_clock):
            report(await check(connection))
        if settings.streams.bus_driver is BusDriver.NATS:
            report(await check_nats(settings.streams))
        else:
            report(await check_notifications(connection))
        if not settings.db.is_embedded:
            # The server starts the embedded one with as many as it needs.
            report(await check_connections(connection, settings))
        migrations = await check_migrations(connection)
        report(migrations)
        if migrations.wrong:
            return
        report(await check_extension(connection))
        for module in every:
            for invariant in (*module.invariants, *Modules([module]).contributions(Invariant)):
                report(await _check_invariant(connection, invariant))
        for inspection in enabled.contributions(Inspection):
            wrong = await inspection.find(settings, connection)
            report(Finding(inspection.says, wrong, inspection.advice))


@asynccontextmanager
async def _connected(address: DatabaseAddress) -> AsyncIterator[Connection]:
    """Opens a read-only connection without a statement timeout: checks read whole tables, and lock nothing."""
    connection = await Database(address).connect(statement_timeout="0")
    try:
        # Not when connecting: among several servers, a read-only session would look like one on a standby.
        await connection.execute("SET default_transaction_read_only = on")
        yield connection
    finally:
        await connection.close()


async def check_server_version(connection: Connection) -> Finding:
    version = int(await connection.fetchval("SHOW server_version_num"))
    wrong = [f"the version is {await connection.fetchval('SHOW server_version')}"] if version < _OLDEST_SERVER else []
    return Finding("PostgreSQL is 15 or newer", wrong, "upgrade PostgreSQL: pg_dump, a newer server, pg_restore")


async def check_encoding(connection: Connection) -> Finding:
    knows = await connection.fetchval(
        "SELECT lower('ПРИВЕТ') = 'привет' AND current_setting('server_encoding') = 'UTF8'"
    )
    return Finding(
        "the database handles letters beyond ASCII",
        [] if knows else ["lower('ПРИВЕТ') is not 'привет': people cannot be found by their names"],
        "create a new database with ENCODING UTF8 and a locale such as C.UTF-8, and restore a backup into it",
    )


async def check_clock(connection: Connection) -> Finding:
    before = datetime.now(UTC)
    there = await connection.fetchval("SELECT clock_timestamp()")
    after = datetime.now(UTC)
    skew = max((before - there).total_seconds(), (there - after).total_seconds())
    return Finding(
        "the clocks of database and server agree",
        [f"they differ by {skew:.0f} s"] if skew > _MAX_SKEW else [],
        "synchronize both with the same time servers (chrony, systemd-timesyncd)",
    )


async def check_migrations(connection: Connection) -> Finding:
    revisions = await applied_revisions(connection)
    advice = "run `python manage.py db migrate`"
    wrong = [f"{revision} is not applied" for revision in sorted(known_heads() - revisions)]
    try:
        removed_modules(revisions)
    except DatabaseIsNewer as error:
        wrong, advice = [str(error)], "update the code"
    return Finding("all migrations are applied", wrong, advice)


async def check_extension(connection: Connection) -> Finding:
    there = await connection.fetchval("SELECT to_regproc('uuid_generate_v4') IS NOT NULL")
    return Finding(
        "uuid_generate_v4() exists",
        [] if there else ["the extension uuid-ossp is missing, or its schema is not in the search_path"],
        'run CREATE EXTENSION "uuid-ossp"; on Debian it comes with postgresql-contrib',
    )


async def _check_invariant(connection: Connection, invariant: Invariant) -> Finding:
    rows: Sequence[Any] = await connection.fetch(invariant.find, timeout=TIMEOUT)
    wrong = [f"{row['stream_id']}: {row['detail']}" for row in rows]
    stream_ids = sorted({row["stream_id"] for row in rows})
    return Finding(invariant.says, wrong, invariant.advice, invariant, stream_ids)
