"""Statements on a database whose rows are distributed over nodes by Citus.

Citus finds the nodes of a statement by its values and joins, and refuses some statements for several nodes.
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import one_row


def has_citus(connection: DatabaseConnection) -> bool:
    """Returns True if the rows of the database can be on several nodes."""
    # To `isinstance` each connection of the driver is one of any of its classes.
    return getattr(connection, "has_citus", False)


async def lock_rows(connection: DatabaseConnection, query: str, ids: Collection[UUID], *arguments: Any) -> list[Any]:
    """Returns the rows of a statement that locks rows of several chats or streams, in the order of these ids, `$1`.

    With Citus a statement can lock rows of one node only, so it is run for each id.
    """
    if not has_citus(connection):
        return list(await connection.fetch(query, ids, *arguments))
    return [row for one in sorted(ids) for row in await connection.fetch(query, [one], *arguments)]


async def fetch_each(
    connection: DatabaseConnection, query: str, of_one: str, arrays: Sequence[Sequence[Any]], *arguments: Any
) -> list[Any]:
    """Returns the rows of a query whose first parameters are arrays with an item for each chat or stream.

    With Citus `of_one` is run for each item instead: `query` has what Citus refuses for several nodes.
    """
    if not has_citus(connection):
        return list(await connection.fetch(query, *arrays, *arguments))
    each = [[[item] for item in items] for items in zip(*arrays, strict=True)]
    return [row for items in each for row in await connection.fetch(of_one, *items, *arguments)]


def by_join(query: str, table: str, alias: str, key: str) -> str:
    """Returns the query with a join in place of the lookup of this row by `id`.

    Citus sees by it that other tables are joined with rows of the same node. It plans each query by its values.
    """
    lookup = " ".join(["CROSS JOIN LATERAL", one_row(table, id=key), alias])
    return query.replace(lookup, " ".join(["JOIN", table, alias, "ON", f"{alias}.id =", key]))


def of_one(query: str, *columns: str) -> str:
    """Returns a query for several chats or streams, `$1`, as one for the only item of `$1`, which these columns hold.

    Citus finds the node of each table by this constant. So the query may have what it refuses for several nodes.
    """
    for column in columns:
        query = query.replace(column, "($1::uuid[])[1]")
    return query


def of_chat(sql: str) -> str:
    """Returns SQL over a message `m` of the chat `$1`. By this value Citus finds the node of all that it reads."""
    return sql.replace("m.chat_id", "$1::uuid")
