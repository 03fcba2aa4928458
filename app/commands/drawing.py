"""Draws the tables for graphviz, and as a Mermaid diagram."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

from sqlalchemy import Column, Table

_REFERS = {"chat_id": "chat", "account_id": "account", "stream_id": "stream", "sender_id": "account"}
"""The tables that columns refer to by name. Most references between tables of a chat have no constraint, for speed."""
_STREAMS = ("chat", "account")
"""Tables whose ids are also ids of streams."""
_LONE_IN_A_ROW = 3
_NAMES = {"datetime": "timestamptz", "largebinary": "bytea", "biginteger": "bigint"}


class Reference(NamedTuple):
    """A reference from a column to a table, drawn as a line."""

    table: str
    column: str
    to: str
    to_column: str
    has_constraint: bool


def draw_dot(tables: Mapping[str, Table]) -> str:
    """Returns a graph for `dot`. Solid lines are foreign keys; dashed ones are references without a constraint."""
    nodes = "\n".join(f"  {name} [label=<{_dot_table(table)}>];" for name, table in tables.items())
    edges = "\n".join(
        f"  {line.table}:{line.column}:w -> {line.to}:{line.to_column}_:e "
        f"[style={'solid' if line.has_constraint else 'dashed'}];"
        for line in references(tables)
    )
    linked = {name for line in references(tables) for name in (line.table, line.to)}
    lone = [name for name in tables if name not in linked]
    rows = "\n".join(
        f"  {' -> '.join(reversed(lone[first : first + _LONE_IN_A_ROW]))} [style=invis];"
        for first in range(0, len(lone), _LONE_IN_A_ROW)
    )
    return (
        "digraph tables {\n"
        "  rankdir=RL; nodesep=0.25; ranksep=1.2; bgcolor=white;\n"
        '  node [shape=plain, fontname="DejaVu Sans", fontsize=10];\n'
        '  edge [color="#64748b", arrowsize=0.6];\n'
        f"{nodes}\n{edges}\n{rows}\n}}\n"
    )


def draw_mermaid(tables: Mapping[str, Table]) -> str:
    """Returns an entity-relationship diagram in Mermaid."""
    lines = ["erDiagram"]
    for name, table in tables.items():
        lines.append(f"    {name} {{")
        lines += [f"        {_type(column)} {column.name}{_keys(column)}" for column in table.columns]
        lines.append("    }")
    for line in references(tables):
        arrow = "||--o{" if line.has_constraint else "||..o{"
        lines.append(f'    {line.to} {arrow} {line.table} : "{line.column}"')
    return "\n".join(lines) + "\n"


def references(tables: Mapping[str, Table]) -> Sequence[Reference]:
    """Returns the references of all columns, by a foreign key or by the column's name."""
    found = []
    for name, table in tables.items():
        for column in table.columns:
            keys = [(key.column.table.name, key.column.name) for key in column.foreign_keys]
            to, to_column = keys[0] if keys else (_REFERS.get(column.name, ""), "id")
            if column.name == "id" and name in _STREAMS:
                to = "stream"
            if to in tables and to != name:
                found.append(Reference(name, column.name, to, to_column, bool(keys)))
    return found


def _dot_table(table: Table) -> str:
    rows = "".join(
        f'<tr><td port="{column.name}" align="left">{"<b>" if column.primary_key else ""}{escape(column.name)}'
        f'{"</b>" if column.primary_key else ""}</td><td port="{column.name}_" align="left">'
        f'<font color="#64748b">{escape(_type(column))}'
        f"{'' if not column.nullable else '?'}</font></td></tr>"
        for column in table.columns
    )
    head = f'<tr><td colspan="2" bgcolor="#e2e8f0"><b>{escape(table.name)}</b></td></tr>'
    return f'<table border="0" cellborder="1" cellspacing="0" cellpadding="4" color="#94a3b8">{head}{rows}</table>'


def _type(column: "Column[object]") -> str:
    """Returns PostgreSQL's name of the column's type, in one word."""
    name = type(column.type).__name__.lower()
    item = getattr(column.type, "item_type", None)
    if item is not None:
        return f"{_NAMES.get(type(item).__name__.lower(), 'array')}_array"
    return _NAMES.get(name, name)


def _keys(column: "Column[object]") -> str:
    keys = [name for name, holds in (("PK", column.primary_key), ("FK", column.foreign_keys)) if holds]
    return f" {', '.join(keys)}" if keys else ""
