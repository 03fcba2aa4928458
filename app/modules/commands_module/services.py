"""Stores and lists the commands of bots."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.adapters.db.connection import Connection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import AccountHook, list_absent
from app.modules.base_module.services.cursors import decode_cursor, encode_cursor
from app.modules.bots_module.errors import BotNotFound
from app.modules.chats_module.services.access import Membership
from app.modules.commands_module import db
from app.modules.commands_module.db import Place
from app.modules.commands_module.schemas import (
    MAX_COMMANDS,
    ChatCommand,
    ChatCommandsRead,
    CommandRead,
    CommandsRead,
    CommandWrite,
)
from app.modules.streams_module.services.log import Log, now
from app.services.context import Context
from app.services.errors import ValidationFailed
from app.utils.container import Container

_Position = Annotated[int, Field(ge=0, lt=MAX_COMMANDS)]
_START = Place(UUID(int=0), -1)


async def set_commands(
    work: UnitOfWork, log: Log, caller_id: UUID, bot_id: UUID, request: Sequence[CommandWrite]
) -> CommandsRead:
    """Replaces all commands of a bot. Raises BotNotFound or ValidationFailed."""
    commands = [(command.name, command.description) for command in request]
    _check_names([name for name, _ in commands])
    raw = await work.raw()
    # Before the lock: an id that is a chat's would be locked in the wrong order.
    owner_id = await _get_owner(raw, caller_id, bot_id)
    await log.lock(work, accounts=[owner_id, bot_id])
    await _get_owner(raw, caller_id, bot_id)
    if commands != await db.list_of_bot(raw, bot_id):
        await db.replace(raw, bot_id, commands)
        changed: dict[str, Any] = {"bot_id": bot_id}
        await log.append_to_each(work, "commands.changed", {owner_id: changed, bot_id: changed})
    return _read(commands)


async def list_of_bot(connection: Connection, caller_id: UUID, bot_id: UUID) -> CommandsRead:
    """Returns all commands of a bot. Raises BotNotFound."""
    await _get_owner(connection, caller_id, bot_id)
    return _read(await db.list_of_bot(connection, bot_id))


async def list_of_chat(
    connection: Connection, container: Container, member: Membership, cursor: str | None, limit: int
) -> ChatCommandsRead:
    """Returns a page of the commands of the bots that are members of a chat.

    A bot whose owner is leaving answers nothing, so its commands are left out.
    """
    after = Place(*decode_cursor(cursor, tuple[UUID, _Position], of="commands")) if cursor else _START
    rows = await db.list_of_chat(connection, member.chat_id, member.member_count, after, limit + 1)
    shown = rows[:limit]
    next_cursor = None
    if len(rows) > limit:
        next_cursor = encode_cursor(shown[-1]["account_id"], shown[-1]["position"], of="commands")
    absent = await list_absent(Context(connection, container, now()), {row["account_id"] for row in shown})
    items = [ChatCommand.model_validate(dict(row)) for row in shown if row["account_id"] not in absent]
    return ChatCommandsRead(items=items, next_cursor=next_cursor)


async def _get_owner(connection: Connection, caller_id: UUID, bot_id: UUID) -> UUID:
    """Returns the owner of a bot. Raises BotNotFound unless the caller is the owner or the bot itself."""
    owner_id = await db.find_owner(connection, bot_id)
    if owner_id is None or caller_id not in (owner_id, bot_id):
        raise BotNotFound
    return owner_id


def _check_names(names: list[str]) -> None:
    known: set[str] = set()
    for place, name in enumerate(names):
        if name in known:
            raise ValidationFailed(("body", place, "name"), "is in the list already")
        known.add(name)


def _read(commands: list[tuple[str, str]]) -> CommandsRead:
    items = [CommandRead(name=name, description=description) for name, description in commands]
    return CommandsRead(items=items, next_cursor=None)


COMMANDS_OF_ACCOUNT = AccountHook.of_rows("commands", db.DELETE_OF_ACCOUNT)
