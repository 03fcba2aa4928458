"""Profile searches among 100,000 accounts: none reads more than a part of the table, however common a name is."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.commands.create_database import connected
from app.modules.accounts_module.db.cruds.profiles import list_profiles
from app.utils.names import search_grams, search_text
from tests.databases import clone, drop

_USERS = 100_000
_FIRST, _LAST = ("anna", "boris", "clara", "Ёжик", "王小明"), ("Ivanova", "Петров", "Smith", "O'Neil", "van Dyck")
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
_COLUMNS = ("id", "email", "email_key", "username", "display_name", "password_hash", "search_text", "search_grams")
MAX_PAGES = 3_000
"""Pages of 8 KB that a request may touch, in a table of any size. The table and its indexes have 8,000 here."""
COMMON = ("a", "ann", "王", "петров", "smith 7", "person", "o'n", "%")
RARE = ("person_77777", "smith 777", "zzz", "qx", "no body", "王小明 ivanova 999", "аннапетров", "777 77")

BETWEEN = ("anna ivanova", "1")
"""Of 4% of the accounts, and of 30%."""
LATE = ("smith smith", "q")
"""Of none, while every fifth name has all pairs of its characters; of the newest 80%."""


_ERASED = f"""
INSERT INTO account (id, email, email_key, username, display_name, password_hash, search_text, created_at, erased_at)
SELECT md5('person' || n)::uuid, 'person' || n, 'person' || n, 'person_' || n, repeat('x', 200), '', '',
       '2026-01-01'::date + n * interval '1 second',
       CASE WHEN n NOT IN (1, {_USERS}) THEN now() END
FROM generate_series(1, {_USERS}) n
"""  # noqa: S608 - constants only


class Reader:
    """Runs statements, and counts the pages that they touch."""

    def __init__(self, connection: Connection) -> None:
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
    names = [
        (f"person_{n}", f"{_FIRST[n % 5]} {_LAST[n // 5 % 5]} {n % 1000}{' q' if n >= 20_000 else ''}")
        for n in range(_USERS)
    ]
    async with connected(address) as connection:
        await connection.copy_records_to_table(
            "account", records=map(_row, *zip(*enumerate(names), strict=True)), columns=(*_COLUMNS, "created_at")
        )
        await connection.execute("VACUUM ANALYZE account")
    return address


def _row(number: int, names: tuple[str, str]) -> tuple[Any, ...]:
    username, text = names[0], search_text(*names)
    at = _BEGINNING + timedelta(seconds=number)
    return (uuid4(), username, username, *names, "", text, search_grams(text), at)


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("after", [None, 50_000, _USERS - 10, _USERS])
@pytest.mark.parametrize("query", ["", *COMMON, *RARE, *BETWEEN, *LATE])
@pytest.mark.parametrize("limit", [51, 201])
async def test_a_search_reads_a_part_of_the_table(
    crowd: DatabaseAddress, query: str, after: int | None, limit: int, mode: str
) -> None:
    key = None if after is None else (_BEGINNING + timedelta(seconds=after), UUID(int=2**128 - 1))
    first = _BEGINNING - timedelta(seconds=1) if key is None else key[0]
    usernames: list[str] = []
    requests = 0
    async with connected(crowd) as connection:
        await connection.execute("SELECT set_config('plan_cache_mode', $1, false)", mode)
        # The pages of a client, until one row more than it shows was found.
        while requests == 0 or (key is not None and len(usernames) < limit):
            reader = Reader(connection)
            rows, key = await list_profiles(reader, query, key, limit - len(usernames))
            assert reader.pages <= MAX_PAGES
            usernames += [row["username"] for row in rows]
            requests += 1
        expected = await connection.fetch(
            "SELECT username FROM account WHERE position($1 in search_text) > 0 AND created_at > $2 "
            "ORDER BY created_at LIMIT $3",
            *(search_text(query), first, limit),
        )
    assert usernames == [row["username"] for row in expected]
    assert requests <= (6 if query in LATE else 1)


async def test_accounts_between_many_erased_ones_are_listed_in_parts(template: DatabaseAddress) -> None:
    address = await clone(template)
    async with connected(address) as connection:
        await connection.execute(_ERASED)
        found: list[str] = []
        key, requests = None, 0
        while requests == 0 or key is not None:
            reader = Reader(connection)
            rows, key = await list_profiles(reader, "", key, 51)
            assert reader.pages <= MAX_PAGES
            found += [row["username"] for row in rows]
            requests += 1
    await drop(address)
    assert found == ["person_1", f"person_{_USERS}"]
