"""Servers that are wrong on purpose: `python -m tests.faults.broken NAME` serves like main.py, but for one mistake.

The application knows nothing of them: what is changed is changed from here, in a process of its own.
"""

import asyncio
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from app.fastapi_engine.server import main
from app.modules.messages_module.services.plan import Plan
from app.modules.messages_module.services.sends import Sent
from app.modules.streams_module.services.hub import Hub

# Taken as something whose parts may be replaced.
send_crud: Any = import_module("app.modules.messages_module.db.cruds.send")
batch: Any = import_module("app.modules.messages_module.services.batch")
connection: Any = import_module("app.modules.sockets_module.services.connection")

_LEISURE = 0.05
"""Seconds between reading a number and using it: long enough for two processes to meet."""
_LATE = 0.3
"""Seconds between the early answer and the commit: a crash is sure to fall into them."""


def numbers_without_the_lock() -> None:
    """The numbers are read, and nobody is kept from reading the same until they are used."""
    make_plan = batch.make_plan

    async def plan_at_leisure(*arguments: Any) -> Plan:
        plan: Plan = await make_plan(*arguments)
        await asyncio.sleep(_LEISURE)
        return plan

    send_crud._LOCK = "SELECT id, last_seq FROM stream WHERE id = ANY($1::uuid[]) ORDER BY id"
    send_crud._LOCK_FREE = send_crud._LOCK
    batch.make_plan = plan_at_leisure


def ack_before_commit() -> None:
    """The answer goes out once the statements have run."""
    make_plan, insert = batch.make_plan, send_crud.insert_messages
    plans: dict[int, Plan] = {}

    async def plan_and_remember(connection: Any, *arguments: Any) -> Plan:
        plan: Plan = await make_plan(connection, *arguments)
        plans[id(connection)] = plan
        return plan

    async def insert_and_answer(connection: Any, *arguments: Any) -> None:
        await insert(connection, *arguments)
        for send, message in plans.pop(id(connection)).new:
            send.resolve(Sent(message.event))
        await asyncio.sleep(_LATE)

    batch.make_plan = plan_and_remember
    send_crud.insert_messages = insert_and_answer


def notifications_only() -> None:
    """What was not rung for, or not heard, is looked for by nobody: neither by a sweep nor when a client resumes."""
    follow_all = connection.follow_all

    async def sweep_nothing(self: Hub) -> None: ...

    async def follow_from_the_heads(socket: Any, hub: Hub, streams: Any, cursors: Any) -> None:
        await follow_all(socket, hub, streams, {})

    Hub._sweep = sweep_nothing  # type: ignore[method-assign]
    connection.follow_all = follow_from_the_heads


BROKEN: dict[str, Callable[[], None]] = {
    mistake.__name__: mistake for mistake in (numbers_without_the_lock, ack_before_commit, notifications_only)
}

if __name__ == "__main__":
    BROKEN[sys.argv[1]]()
    main()
