"""Opens a connection to one server, directly or through a PgBouncer."""

import asyncio
from collections.abc import Mapping
from typing import Any

import asyncpg

from app.adapters.db.address import WRITABLE, DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.sql import affected
from app.settings.db_settings import Pooler

ANY_PLAN = dict.fromkeys(("enable_seqscan", "enable_hashjoin", "enable_mergejoin"), "on") | {"plan_cache_mode": "auto"}
"""Settings with which PostgreSQL chooses among all plans."""

_SET = "SELECT set_config(name, value, false) FROM unnest($1::text[], $2::text[]) AS setting(name, value)"
# Citus finds the nodes of a statement by its values, so it has no plan for any values. And the driver reads the types
# of a catalogue that has those of all shards: this takes seconds if Citus hides these. A statement with parameters
# would read them now.
_WITH_CITUS = ANY_PLAN | {"citus.override_table_visibility": "off"}
_CHANGES = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _WITH_CITUS.items())
_FIT_CITUS = f"SELECT {_CHANGES} FROM pg_extension WHERE extname = 'citus'"  # noqa: S608 - constants only


async def open_connection(
    server: DatabaseAddress, session: Mapping[str, str], *, must_be_writable: bool, **options: Any
) -> Connection:
    """Opens a connection with settings of PostgreSQL, on which the server has answered.

    `options` are arguments of `asyncpg.connect`. Its `timeout` holds for all of it.
    """
    if must_be_writable:
        options["target_session_attrs"] = WRITABLE
    if server.pooler is Pooler.NONE:
        options["server_settings"] = dict(session)
    else:
        # PgBouncer refuses the other settings at the start of a connection.
        options["server_settings"] = {"application_name": session["application_name"]}
    async with asyncio.timeout(options["timeout"]):
        connection: Connection = await asyncpg.connect(**server.connect_arguments(), **options)
        try:
            if server.pooler is Pooler.SESSION:
                await connection.fetch(_SET, list(session), list(session.values()))
            if server.pooler is Pooler.TRANSACTION:
                # PgBouncer accepts connections while the server is silent.
                await connection.execute("SELECT 1")
            else:
                status = await connection.execute(_FIT_CITUS)
                if hasattr(connection, "has_citus"):
                    connection.has_citus = affected(status) > 0
        except BaseException:
            connection.terminate()
            raise
    return connection
