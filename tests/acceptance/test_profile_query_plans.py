"""Profile searches among 100,000 accounts: none reads more than a part of the table, however common a name is."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest

from app.adapters.db.address import DatabaseAddress
from app.modules.accounts_module.db.cruds.profiles import list_profiles
from app.utils.names import search_grams, search_text
from tests.databases import clone, drop

_USERS = 100_000
_FIRST, _LAST = ("anna", "boris", "clara", "Ёжик", "王小明"), ("Ivanova", "Петров", "Smith", "O'Neil", "van Dyck")
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
_COLUMNS = ("id", "email", "email_key", "username", "display_name", "password_hash", "search_text", "search_grams")
MAX_PAGES = 2_500
"""Pages of 8 KB that a search may touch. The table and its indexes have 8,000."""
COMMON = ("a", "ann", "王", "петров", "smith 7", "person", "o'n", "%")
RARE = ("person_77777", "smith 777", "zzz", "qx", "no body", "王小明 ivanova 999", "аннапетров", "777 77")


class Reader:
    """Runs statements, and counts the pages that they touch."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection
        self.pages = 0

    async def fetch(self, query: str, *arguments: Any) -> list[Any]:
        plan = await self._connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}", *arguments)
        done = orjson.loads(plan)[0]["Plan"]
        self.pages += done["Shared Hit Blocks"] + done["Shared Read Blocks"]
        return list(await self._connection.fetch(query, *arguments))

    async def fetchval(self, query: str, *arguments: Any) -> Any:
        raise NotImplementedError

    async def execute(self, query: str, *arguments: Any) -> Any:
        raise NotImplementedError


@pytest.fixture(scope="module")
def crowd(template: DatabaseAddress) -> Iterator[DatabaseAddress]:
    """A database of 100,000 accounts."""
    address = asyncio.run(_make(template))
    yield address
    asyncio.run(drop(address))


async def _make(template: DatabaseAddress) -> DatabaseAddress:
    address = await clone(template)
    names = [(f"person_{n}", f"{_FIRST[n % 5]} {_LAST[n // 5 % 5]} {n % 1000}") for n in range(_USERS)]
    connection = await asyncpg.connect(**address.connect_arguments())
    await connection.copy_records_to_table(
        "account", records=map(_row, *zip(*enumerate(names), strict=True)), columns=(*_COLUMNS, "created_at")
    )
    await connection.execute("VACUUM ANALYZE account")
    await connection.close()
    return address


def _row(number: int, names: tuple[str, str]) -> tuple[Any, ...]:
    username, text = names[0], search_text(*names)
    at = _BEGINNING + timedelta(seconds=number)
    return (uuid4(), username, username, *names, "", text, search_grams(text), at)


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("after", [None, (_BEGINNING + timedelta(seconds=50_000), UUID(int=2**128 - 1))])
@pytest.mark.parametrize("query", ["", *COMMON, *RARE])
async def test_a_search_reads_a_part_of_the_table(
    crowd: DatabaseAddress, query: str, after: tuple[datetime, UUID] | None, mode: str
) -> None:
    connection = await asyncpg.connect(**crowd.connect_arguments())
    await connection.execute("SELECT set_config('plan_cache_mode', $1, false)", mode)
    reader = Reader(connection)
    found = await list_profiles(reader, query, after, 51)
    text = search_text(query)
    expected = await connection.fetch(
        "SELECT username FROM account WHERE position($1 in search_text) > 0 AND created_at > $2 ORDER BY created_at "
        "LIMIT 51",
        *(text, after[0] if after else _BEGINNING - timedelta(seconds=1)),
    )
    await connection.close()
    assert [row["username"] for row in found] == [row["username"] for row in expected]
    assert reader.pages <= MAX_PAGES
