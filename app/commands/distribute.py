"""`python manage.py db distribute`, which distributes the tables over the nodes of a Citus cluster."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import typer
from sqlalchemy import Table

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.base import REPLICATED
from app.adapters.db.connection import Connection
from app.adapters.db.diagnosis import DatabaseNotReady
from app.adapters.db.servers import database_server, require_migrated
from app.commands.backup import refuse_if_used
from app.commands.create_database import connected
from app.commands.generated import read_tables
from app.settings import load_settings
from app.utils.confirmation import Yes, confirm

_STREAM = "stream"
"""The table with which all others are colocated: a chat has the id of its stream."""
_BY = ("chat_id", "stream_id")
"""The first column of the keys of what belongs to a chat, or to a stream."""
_BY_ID = {"chat", _STREAM}

_NOT_DISTRIBUTED = """
SELECT relname AS name FROM pg_class c LEFT JOIN pg_dist_partition p ON p.logicalrelid = c.oid
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
  AND (p.partmethod IS NULL OR p.partmethod = 'n' AND p.repmodel <> 't')
"""
"""Tables that Citus does not know, or knows as tables of the coordinator."""
_FOREIGN_KEYS = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS removal,
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS addition
FROM pg_constraint
WHERE contype = 'f' AND (conrelid = ANY($1::text[]::regclass[]) OR confrelid = ANY($1::text[]::regclass[]))
ORDER BY conname
"""

_REPLICATE = "SELECT create_reference_table($1::text::regclass)"
_DISTRIBUTE = "SELECT create_distributed_table($1::text::regclass, $2, colocate_with => $3)"
_REMOVE_COPY = "SELECT truncate_local_data_after_distributing_table($1::text::regclass)"


class Placement(NamedTuple):
    """Where the rows of a table are: on the node of a column's value, or on all nodes if there is no column."""

    table: str
    column: str | None


def plan(tables: Mapping[str, Table]) -> list[Placement]:
    """Returns the placements, those of replicated tables and `stream` first. Other tables stay on the coordinator."""
    found = [placement for table in tables.values() if (placement := _placement_of(table)) is not None]
    return sorted(found, key=lambda placement: (placement.column is not None, placement.table != _STREAM, placement))


def _placement_of(table: Table) -> Placement | None:
    first = next(iter(table.primary_key.columns)).name
    if table.info.get(REPLICATED):
        return Placement(table.name, None)
    if first in _BY or table.name in _BY_ID:
        return Placement(table.name, first)
    return None


def distribute(yes: Yes = False) -> None:
    """Distribute the tables over the nodes of a Citus cluster, by chat and by stream. Stop the server first.

    It happens in one transaction: all tables or none. A second call distributes what a new version has added.
    """
    settings = load_settings()
    with database_server(settings.db) as address:
        asyncio.run(_refuse_without_citus(address))
        require_migrated(address)
        asyncio.run(refuse_if_used(address))
        confirm(settings.app.environment, f"Distribute the tables of database {address.database}?", yes)
        done = asyncio.run(_distribute(address, plan(read_tables())))
    for placement in done:
        where = "on all nodes" if placement.column is None else f"by {placement.column}"
        typer.echo(f"{placement.table}: {where}")
    typer.echo(f"{len(done)} tables were distributed" if done else "all tables are distributed already")


async def _refuse_without_citus(address: DatabaseAddress) -> None:
    async with connected(address) as connection:
        has_citus = await connection.fetchval("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')")
    if not has_citus:
        raise DatabaseNotReady(f"database {address.database} has no extension citus: it stays on one server")


async def _distribute(address: DatabaseAddress, placements: Sequence[Placement]) -> Sequence[Placement]:
    async with connected(address) as connection, connection.transaction():
        missing = {row["name"] for row in await connection.fetch(_NOT_DISTRIBUTED)}
        todo = [placement for placement in placements if placement.table in missing]
        keys = await connection.fetch(_FOREIGN_KEYS, [placement.table for placement in todo])
        # Else each shard is changed over a connection of its own, which does not see this transaction.
        await connection.execute("SET LOCAL citus.multi_shard_modify_mode TO 'sequential'")
        # A table cannot refer to one that is distributed after it, nor the other way round.
        for key in keys:
            await connection.execute(key["removal"])
        for placement in todo:
            await _place(connection, placement)
        for placement in todo:
            # The rows are on the nodes now. Their old copies would only take space.
            await connection.execute(_REMOVE_COPY, placement.table)
        for key in keys:
            await connection.execute(key["addition"])
    return todo


async def _place(connection: Connection, placement: Placement) -> None:
    if placement.column is None:
        await connection.execute(_REPLICATE, placement.table)
        return
    together = "default" if placement.table == _STREAM else _STREAM
    await connection.execute(_DISTRIBUTE, placement.table, placement.column, together)
