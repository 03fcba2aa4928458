"""Statements that are prepared, and run later by the plans that they have."""

import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import orjson

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection, DatabaseConnection
from app.adapters.db.database import Database
from tests.databases import clone, drop


@asynccontextmanager
async def pooled_connection(template: DatabaseAddress) -> AsyncIterator[Connection]:
    """A connection of the server's own pool, to a copy of the database. It keeps plans for any values."""
    address = await clone(template)
    try:
        async with Database(address).connected() as database, database.connection() as connection:
            yield connection
    finally:
        await drop(address)


class Instead(ABC):
    """Does something with the statements that a connection would run, in place of running them."""

    def __init__(self, connection: DatabaseConnection) -> None:
        self._connection = connection

    @abstractmethod
    async def fetch(self, query: str, *arguments: Any) -> list[Any]: ...

    async def fetchval(self, query: str, *arguments: Any) -> int:
        await self.fetch(query, *arguments)
        return 1

    async def execute(self, query: str, *arguments: Any) -> str:
        await self.fetch(query, *arguments)
        return "UPDATE 1"


_TYPES = "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = $1"


class Preparer(Instead):
    """Prepares statements and plans them at once, for any values where `plan_cache_mode` asks for that."""

    def __init__(self, connection: DatabaseConnection, name: str) -> None:
        super().__init__(connection)
        self._name = name
        self._calls: list[tuple[str, str]] = []

    async def fetch(self, query: str, *arguments: Any) -> list[Any]:
        name = f"{self._name}_{len(self._calls)}"
        await self._connection.execute(f"PREPARE {name} AS {query}")
        types = await self._connection.fetchval(_TYPES, name)
        quoted = ", ".join(f"quote_nullable(${place}::{of})" for place, of in enumerate(types, 1))
        (literals,) = await self._connection.fetch(f"SELECT {quoted}", *arguments)
        call = f"EXECUTE {name}({', '.join(literals)})"
        await self._connection.execute(f"EXPLAIN {call}")
        self._calls.append((query, call))
        return []

    async def explain(self, table: str = "") -> list[dict[str, Any]]:
        """Runs the statements that name the table, by the plans that they have. Returns the plans.

        Changes are rolled back."""
        return [await self._explain(call) for query, call in self._calls if re.search(rf"{table}\b", query)]

    async def _explain(self, call: str) -> dict[str, Any]:
        await self._connection.execute("BEGIN")
        try:
            explained = await self._connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {call}")
        finally:
            await self._connection.execute("ROLLBACK")
        plan: dict[str, Any] = orjson.loads(explained)[0]["Plan"]
        return plan


async def plans_of(
    template: DatabaseAddress, fill: str, runs: Mapping[str, Callable[[Preparer], Awaitable[Any]]]
) -> dict[str, list[dict[str, Any]]]:
    """Returns the plans of what each run does in a copy of the database, after `fill`."""
    async with pooled_connection(template) as connection:
        await connection.execute(f"SET statement_timeout = 0; {fill}", timeout=60)
        plans = {}
        for number, (name, run) in enumerate(runs.items()):
            prepared = Preparer(connection, f"planned_{number}")
            await run(prepared)
            plans[name] = await prepared.explain()
        return plans


def count_rows(plan: dict[str, Any]) -> float:
    """Returns the number of rows that were read from tables, those that were thrown out again too."""
    read = sum(count_rows(part) for part in plan.get("Plans", ()))
    if "Relation Name" in plan and "Scan" in plan["Node Type"]:
        thrown_out = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
        read += (plan["Actual Rows"] + thrown_out) * plan["Actual Loops"]
    return read
