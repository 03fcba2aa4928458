"""`manage.py db distribute`: which tables go where. tests/acceptance/test_citus.py runs it on a Citus cluster."""

from collections.abc import Mapping

import pytest
from sqlalchemy import Column, MetaData, Table, UniqueConstraint, Uuid

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.base import REPLICATED
from app.commands.distribute import plan
from app.commands.generated import read_tables
from tests.manage import manage


@pytest.fixture(scope="module")
def tables() -> Mapping[str, Table]:
    return read_tables()


@pytest.fixture(scope="module")
def columns(tables: Mapping[str, Table]) -> Mapping[str, str | None]:
    """The column by which each table is distributed. None: each node has all rows."""
    return {placement.table: placement.column for placement in plan(tables)}


def test_what_belongs_to_a_chat_or_a_stream_is_distributed_by_it(columns: Mapping[str, str | None]) -> None:
    expected = {"stream": "id", "event": "stream_id", "chat": "id", "message": "chat_id", "account": None}
    assert {name: columns[name] for name in expected} == expected
    # Claims lock jobs of all owners at once, which Citus refuses for a distributed table.
    assert "job" not in columns


def test_keys_and_unique_indexes_contain_the_column(
    tables: Mapping[str, Table], columns: Mapping[str, str | None]
) -> None:
    """Otherwise no node could check them alone."""
    wrong = [
        f"{name}: {sorted(unique)}"
        for name, column in columns.items()
        if column is not None
        for unique in _unique_sets(tables[name])
        if column not in unique
    ]
    assert wrong == []


def _unique_sets(table: Table) -> list[set[str]]:
    found = [set(table.primary_key.columns.keys())]
    found += [set(item.columns.keys()) for item in table.constraints if isinstance(item, UniqueConstraint)]
    return found + [{column.name for column in index.columns} for index in table.indexes if index.unique]


def test_foreign_keys_stay_on_one_node(tables: Mapping[str, Table], columns: Mapping[str, str | None]) -> None:
    wrong = []
    for name, table in tables.items():
        for key in table.foreign_key_constraints:
            target = key.referred_table.name
            pairs = {(element.parent.name, element.column.name) for element in key.elements}
            together = name in columns and target in columns and (columns[name], columns[target]) in pairs
            everywhere = target in columns and columns[target] is None and columns.get(name, "") is not None
            both_local = name not in columns and target not in columns
            both_everywhere = columns.get(name, "") is None and columns.get(target, "") is None
            if not (together or everywhere or both_local or both_everywhere):
                wrong.append(f"{name} -> {target}")
    assert wrong == []


def test_tables_of_a_new_module_are_placed_by_their_keys() -> None:
    metadata = MetaData()
    of_chat = Table("poll", metadata, Column("chat_id", Uuid, primary_key=True), Column("id", Uuid, primary_key=True))
    catalogue = Table("colour", metadata, Column("id", Uuid, primary_key=True), info={REPLICATED: True})
    of_account = Table("note", metadata, Column("account_id", Uuid, primary_key=True))
    placed = plan({table.name: table for table in (of_chat, catalogue, of_account)})
    assert placed == [("colour", None), ("poll", "chat_id")]


async def test_a_server_without_citus_is_refused_in_one_line(database_address: DatabaseAddress) -> None:
    result = await manage(database_address, "db", "distribute", "--yes")
    assert result.exit_code != 0
    assert (
        str(result.exception) == f"database {database_address.database} has no extension citus: it stays on one server"
    )
