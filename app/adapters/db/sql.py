"""Expressions of hand-written SQL that several modules use, and how to read what it returns."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from app.adapters.db.connection import DatabaseConnection
from app.utils.json_form import to_json


def time_as_json(column: str) -> str:
    """Returns SQL for a time as a JSON string, as orjson writes it: RFC 3339 in UTC, without a fraction if it is 0."""
    return rf"""replace(to_char({column} AT TIME ZONE 'UTC', '\"YYYY-MM-DD"T"HH24:MI:SS.US"Z"\"'), '.000000', '')"""


def one_row(table: str, **key: str) -> str:
    """Returns a subquery for the row with this key, given by SQL for each column of the key: to be joined LATERAL.

    Its only plan is one lookup in the index of the key. A join has others, which read the rows of a whole chat or of
    all accounts: they cost the same while a table is empty or as small as it was when it was analyzed, and PostgreSQL
    keeps the plan of a prepared statement. The order is what no index but that of the key has. Citus would accept no
    LIMIT in its place.
    """
    *columns, last = key
    conditions = [f"{column} = {key[column]}" for column in columns] + [f"{last} BETWEEN {key[last]} AND {key[last]}"]
    return " ".join(["(SELECT * FROM", table, "WHERE", " AND ".join(conditions), "ORDER BY", last, ")"])


def quoted(name: str) -> str:
    """Returns the name of a table or a column as SQL. It may be a keyword, such as `order`."""
    return f'"{name}"'


def delete_of_chat(table: str, *key: str) -> str:
    """Returns the statement that deletes up to $2 rows of the chat $1. `key` are the other columns of the primary key.

    It returns a row for each that it deletes. They are looked up by their whole keys: with `chat_id = $1` beside these,
    PostgreSQL reads all rows of the chat for each chunk where it believes that a chat has few.
    """
    columns = ", ".join(("chat_id", *key))
    chunk = " ".join(["SELECT", columns, "FROM", quoted(table), "WHERE chat_id = $1 LIMIT $2"])
    return " ".join(["DELETE FROM", quoted(table), "WHERE (", columns, ") IN (", chunk, ") RETURNING chat_id"])


def delete_of_account(table: str, *key: str, account: str = "account_id") -> str:
    """Returns the statement that deletes up to $2 rows of the account $1, which is in the column `account`.

    `key` are the other columns of the primary key. The statement returns the last of them for each row that it deletes.
    """
    columns = ", ".join(key)
    chunk = " ".join(["SELECT", columns, "FROM", quoted(table), "WHERE", account, "= $1 LIMIT $2"])
    found = " ".join([account, "= $1 AND (", columns, ") IN (", chunk, ")"])
    return " ".join(["DELETE FROM", quoted(table), "WHERE", found, "RETURNING", key[-1]])


def delete_before(table: str, column: str, *key: str) -> str:
    """Returns the statement that deletes up to $2 rows whose `column` is before $1, the oldest first.

    `key` are the columns of the primary key. `column` needs an index. Rows that are locked stay for the next time.
    """
    columns = ", ".join(key)
    chunk = " ".join(["SELECT", columns, "FROM", quoted(table), "WHERE", column, "< $1 ORDER BY", column, "LIMIT $2"])
    return " ".join(["DELETE FROM", quoted(table), "WHERE (", columns, ") IN (", chunk, "FOR UPDATE SKIP LOCKED )"])


@dataclass(frozen=True, slots=True)
class Quoted:
    """SQL of a value whose JSON is its text between quotes, such as a UUID."""

    sql: str


@dataclass(frozen=True, slots=True)
class RareFields:
    """Fields that few rows have. Where `absent` is true of a row, their JSON is the constant of these `values`."""

    absent: str
    fields: Sequence["Field"]
    values: Mapping[str, Any]


Field = tuple[str, str | Quoted]
"""A name, and the SQL of its JSON as text."""


class _Literal(str):
    """Text among SQL."""

    __slots__ = ()


def json_object(fields: Sequence[Field | RareFields]) -> str:
    """Returns SQL for a JSON object as text."""
    return _concat([_Literal("{"), *_json_members(fields), _Literal("}")])


def _json_members(fields: Sequence[Field | RareFields], before: str = "") -> Iterator[str]:
    for place, field in enumerate(fields):
        comma = "," if place else before
        if isinstance(field, RareFields):
            values = ",".join(f'"{name}":{to_json(value).decode()}' for name, value in field.values.items())
            members = _concat(_json_members(field.fields, comma))
            yield f"CASE WHEN {field.absent} THEN {_text_constant(comma + values)} ELSE {members} END"
            continue
        name, sql = field
        if isinstance(sql, Quoted):
            yield from (_Literal(f'{comma}"{name}":"'), sql.sql, _Literal('"'))
        else:
            yield from (_Literal(f'{comma}"{name}":'), sql)


def _concat(parts: Iterable[str]) -> str:
    """Returns SQL that joins the parts. Literals beside each other are one argument: each takes time for each row."""
    arguments: list[str] = []
    for is_literal, group in groupby(parts, lambda part: isinstance(part, _Literal)):
        texts = list(group)
        arguments += [_text_constant("".join(texts))] if is_literal else texts
    return f"concat({', '.join(arguments)})"


def json_constant(value: Any) -> str:
    """Encodes a JSON value as a text constant of SQL."""
    return _text_constant(to_json(value).decode())


def _text_constant(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


async def read_clock(connection: DatabaseConnection) -> datetime:
    """Returns the time by the clock of the database, which all processes share."""
    at: datetime = await connection.fetchval("SELECT statement_timestamp()")
    return at


def affected(status: str) -> int:
    """Returns the number of rows in what PostgreSQL says of a statement, such as `DELETE 3`."""
    return int(status.rpartition(" ")[2])
