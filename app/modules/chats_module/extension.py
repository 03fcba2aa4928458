"""What other modules may add to chats."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path

from app.adapters.db.connection import Connection
from app.dependencies.dependency_db import Db
from app.modules.accounts_module.dependencies import CurrentIdentity
from app.modules.chats_module.db.cruds.access import Membership, find_membership
from app.modules.chats_module.errors import ChatNotFound, NotAllowedInChat
from app.services.context import WorkContext
from app.services.parts import Part

Purge = Callable[[WorkContext, UUID, int], Awaitable[bool]]


@dataclass(frozen=True)
class ChatPart(Part):
    """A field of ChatRead, computed when a chat is read; it may depend on the viewer.

    - `read`: the field's annotation; `empty`: its value for a chat that `describe` says nothing of.
    - `describe(context, viewer_id, chat_ids)`: the values by chat, once a page.
    - `update`, `apply(context, chat_id, account_id, value)`: a field of PATCH, and what sets it. It runs under the lock
      of the chat's stream, once the caller is known to be allowed to. It returns True if anything changed: then
      `chat.updated` is written, without the value, and clients read the chat again.
    """


@dataclass(frozen=True)
class ChatPurge:
    """Deletes what a module keeps of a deleted chat: `purge(context, chat_id, limit)` returns True if more is left."""

    name: str
    purge: Purge


ROLES = ("reader", "member", "admin", "owner")
"""From the lowest to the highest. Both members of a direct chat are `member`."""


@dataclass(frozen=True)
class Permission:
    """An action in a chat, with the lowest role that may do it in each type of chat.

    In a type that is not named nobody may. `scope` is what an API key needs for it. All permissions together are the
    one table that every action is checked against, over every transport.
    """

    name: str
    default: Mapping[str, str]
    scope: str | None = None
    _allowed: frozenset[tuple[str, str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pairs = ((kind, role) for kind, lowest in self.default.items() for role in ROLES[ROLES.index(lowest) :])
        object.__setattr__(self, "_allowed", frozenset(pairs))

    async def check(self, connection: Connection, account_id: UUID, chat_id: UUID) -> Membership:
        """Returns the account's membership. Raises ChatNotFound or NotAllowedInChat."""
        membership = await find_membership(connection, chat_id, account_id)
        if membership is None:
            raise ChatNotFound
        if not self.allows(membership.chat_type, membership.role):
            raise NotAllowedInChat
        return membership

    def allows(self, chat_type: str, role: str) -> bool:
        """Returns True if a member with this role may do it."""
        return (chat_type, role) in self._allowed


ChatId = Annotated[UUID, Path(description="id of the chat", examples=["6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91"])]


def may(permission: Permission) -> Any:
    """Returns a dependency that lets members with this permission pass: `Annotated[Membership, may(ADD_MEMBERS)]`."""

    async def find(chat_id: ChatId, identity: CurrentIdentity, database: Db) -> Membership:
        async with database.connection() as connection:
            return await permission.check(connection, identity.account_id, chat_id)

    return Depends(find)
