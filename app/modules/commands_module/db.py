"""Commands of bots. They change under the lock of the bot's stream."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import REPLICATED, Base
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import delete_of_account, one_row


class BotCommand(Base):
    """A command of a bot, at its place in the list that the bot has."""

    __tablename__ = "bot_command"
    __table_args__ = {"info": {REPLICATED: True}}  # noqa: RUF012 - SQLAlchemy reads it once, at the class's making

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)


class Place(NamedTuple):
    """The place of a command in the list of a chat: by bot, then in the order of the bot's own list."""

    account_id: UUID
    position: int


_FIND_OWNER = """
SELECT b.owner_id FROM bot b JOIN account a ON a.id = b.account_id
WHERE b.account_id = $1 AND b.deleted_at IS NULL AND a.erased_at IS NULL
"""
_LIST = "SELECT name, description FROM bot_command WHERE account_id = $1 ORDER BY position"
_DELETE = "DELETE FROM bot_command WHERE account_id = $1"
_INSERT = """
INSERT INTO bot_command (account_id, position, name, description)
SELECT $1, number - 1, name, description
FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS given(name, description, number)
"""
# $1 chat, $2 and $3 the place after which the page begins, $4 limit.
_PAGE = """
SELECT c.account_id, c.position, c.name, c.description
FROM {bots}
CROSS JOIN LATERAL (
    SELECT * FROM bot_command
    WHERE account_id = b.account_id AND (b.account_id > $2 OR position > $3) ORDER BY position
) c
WHERE b.deleted_at IS NULL AND {after}
ORDER BY b.account_id, c.position LIMIT $4
"""
_PAGE_BY_MEMBERS = _PAGE.format(
    bots=f"chat_member m CROSS JOIN LATERAL {one_row('bot', account_id='m.account_id')} b",
    after="m.chat_id = $1 AND m.account_id >= $2",
)
_PAGE_BY_BOTS = _PAGE.format(
    bots=f"bot b CROSS JOIN LATERAL {one_row('chat_member', chat_id='$1::uuid', account_id='b.account_id')} m",
    after="b.account_id >= $2",
)
_FEW_MEMBERS = 1_000
"""In a chat with more of them the bots of the server are looked up among the members, else the members among the bots.
Only one of the two sets is read: there are few bots, and most chats have few members.
"""
DELETE_OF_ACCOUNT = delete_of_account("bot_command", "position")


async def find_owner(connection: DatabaseConnection, bot_id: UUID) -> UUID | None:
    """Returns the owner of a bot that is not deleted."""
    owner_id: UUID | None = await connection.fetchval(_FIND_OWNER, bot_id)
    return owner_id


async def list_of_bot(connection: DatabaseConnection, bot_id: UUID) -> list[tuple[str, str]]:
    """Returns the names and descriptions of a bot's commands, in order."""
    return [(row["name"], row["description"]) for row in await connection.fetch(_LIST, bot_id)]


async def replace(connection: DatabaseConnection, bot_id: UUID, commands: Sequence[tuple[str, str]]) -> None:
    """Replaces all commands of a bot."""
    await connection.execute(_DELETE, bot_id)
    if commands:
        names, descriptions = zip(*commands, strict=True)
        await connection.execute(_INSERT, bot_id, list(names), list(descriptions))


async def list_of_chat(
    connection: DatabaseConnection, chat_id: UUID, member_count: int, after: Place, limit: int
) -> Sequence[Any]:
    """Returns commands of the bots that are members of a chat, after a place."""
    statement = _PAGE_BY_MEMBERS if member_count <= _FEW_MEMBERS else _PAGE_BY_BOTS
    return list(await connection.fetch(statement, chat_id, *after, limit))
