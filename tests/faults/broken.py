"""Servers with one deliberate bug each: `python -m tests.faults.broken NAME` serves like main.py otherwise.

The application is not prepared for it: this process replaces parts of it at runtime."""

import asyncio
import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from app.fastapi_engine.server import main
from app.modules.messages_module.services.known_tails import KnownTails
from app.modules.messages_module.services.plan import Plan
from app.modules.messages_module.services.sends import Sent
from app.modules.streams_module.services.hub import Hub

# A module whose functions can be replaced.
send_crud: Any = import_module("app.modules.messages_module.db.cruds.send")
insert_crud: Any = import_module("app.modules.messages_module.db.cruds.insert")
batch: Any = import_module("app.modules.messages_module.services.batch")
connection: Any = import_module("app.modules.sockets_module.services.connection")

_LEISURE = 0.05
"""Seconds between reading a number and using it: long enough for two processes to meet."""
_LATE = 0.3
"""Seconds between the early answer and the commit: long enough for a crash to fall between them."""


def numbers_without_the_lock() -> None:
    """Read sequence numbers without the lock, so that two processes can take the same ones."""
    # Otherwise one of them would write all messages of a chat.
    os.environ["SEND_DELEGATION"] = "false"
    make_plan = batch.make_plan

    async def plan_slowly(*arguments: Any) -> Plan:
        plan: Plan = await make_plan(*arguments)
        await asyncio.sleep(_LEISURE)
        return plan

    _lock_each_time()
    send_crud._LOCK = "SELECT id, last_seq FROM stream WHERE id = ANY($1::uuid[]) ORDER BY id"
    send_crud._LOCK_FREE = send_crud._LOCK
    batch.make_plan = plan_slowly


def ack_before_commit() -> None:
    """Answer once the statements have run, before the commit."""
    make_plan, insert = batch.make_plan, insert_crud.insert_messages
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

    _lock_each_time()
    batch.make_plan = plan_and_remember
    insert_crud.insert_messages = insert_and_answer


def _lock_each_time() -> None:
    """Never write a batch in one statement, which has neither of these bugs."""
    KnownTails.__contains__ = lambda self, chat_id: False  # type: ignore[method-assign]


def notifications_only() -> None:
    """Rely on notifications alone: neither the sweep nor a resume reads the log for missed events."""
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
