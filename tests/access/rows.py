"""All rows: those of the table, and those that modules bring in a file `tests/access.py` of their own.

Such a file has `REST` (tables by the kind of chat, as in table.py), `ASKED`, and `VALUES`: functions that return the
value of each `@name` for a signed-in user. The user is the caller, or another one for `@name_of_another`. `IN_CHAT` has
functions for values in the chat of the row: they get its owner, or a member of the direct chat, and the chat's id. A
module that adds actions to the socket has `SOCKET` and `REQUESTS` as well. `SCOPES` and `SOCKET_SCOPES` (as in
scopes.py) have the operations and actions that API keys may call. `LIMITS` (as in limits.py) has the operations of its
rate limits."""

from collections.abc import Awaitable, Callable
from importlib import import_module
from itertools import chain
from typing import Any

from app.resources.constants import MODULES_DIR
from tests.access import limits, scopes, table
from tests.access.scopes import Scoped, scoped_rows
from tests.access.table import Row, rows_of
from tests.fakers import FakeClient

_BROUGHT = [
    import_module(f"app.modules.{file.parents[1].name}.tests.access")
    for file in sorted(MODULES_DIR.glob("*_module/tests/access.py"))
]

REST: dict[str, list[Row]] = {
    kind: list(chain.from_iterable(rows_of(tables.REST[kind]) for tables in (table, *_BROUGHT) if kind in tables.REST))
    for kind in table.REST
}
ASKED: dict[str, dict[str, Any]] = dict(chain(table.ASKED.items(), *(tables.ASKED.items() for tables in _BROUGHT)))
VALUES: dict[str, Callable[[FakeClient], Awaitable[str]]] = dict(chain(*(tables.VALUES.items() for tables in _BROUGHT)))
IN_CHAT: dict[str, Callable[[FakeClient, str], Awaitable[Any]]] = dict(
    chain(*(getattr(tables, "IN_CHAT", {}).items() for tables in _BROUGHT))
)
SOCKET: list[Row] = list(
    chain(rows_of(table.SOCKET), *(rows_of(tables.SOCKET) for tables in _BROUGHT if hasattr(tables, "SOCKET")))
)
REQUESTS: dict[str, dict[str, Any]] = dict(
    chain(table.REQUESTS.items(), *(getattr(tables, "REQUESTS", {}).items() for tables in _BROUGHT))
)
LIMITS: dict[str, tuple[str, ...]] = dict(
    chain(limits.LIMITS.items(), *(getattr(tables, "LIMITS", {}).items() for tables in _BROUGHT))
)


def _scoped(own: str, name: str) -> dict[str, Scoped]:
    tables = (own, *(getattr(brought, name) for brought in _BROUGHT if hasattr(brought, name)))
    return {row.operation: row for part in tables for row in scoped_rows(part)}


SCOPES = _scoped(scopes.OPERATIONS, "SCOPES")
SOCKET_SCOPES = _scoped(scopes.SOCKET, "SOCKET_SCOPES")
