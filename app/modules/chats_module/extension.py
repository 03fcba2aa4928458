"""Extension points of chats: fields, deletion, permissions, and rules about members."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NamedTuple, Self
from uuid import UUID

from fastapi import Depends, Path

from app.adapters.db.connection import Connection
from app.adapters.db.sql import quoted
from app.dependencies.dependency_db import Db
from app.dependencies.scopes import Scope, scoped
from app.modules.accounts_module.dependencies import CurrentIdentity
from app.modules.chats_module.db.cruds.access import Membership, find_membership
from app.modules.chats_module.errors import ChatNotFound, NotAllowedInChat
from app.services.context import Context, WorkContext
from app.services.parts import Part
from app.utils.invariants import Invariant
from app.utils.module import Modules

Purge = Callable[[WorkContext, UUID, int], Awaitable[bool]]


@dataclass(frozen=True)
class ChatPart(Part):
    """A field of ChatRead, computed when a chat is read; it may depend on the viewer.

    - `read`: the field's annotation, or a function that returns it for the modules of one application. `empty`: its
      value for a chat that `describe` leaves out, or whose `sql` is NULL.
    - `describe(context, viewer_id, chat_ids)`: returns the values by chat. It is called once per page.
    - `sql`: instead of `describe`, an expression over the chat `c` and the viewer's membership `m`, of which `to_json`
      makes the value. It is read in the same snapshot as the chat's `event_seq`: clients can apply later events to it.
    - `update`: a field of `PATCH /chats/{chat_id}`. `apply(context, chat_id, account_id, value)` sets it, under the
      lock of the chat's stream, after the caller's permission was checked. It returns True if anything changed. Then
      `chat.updated` is written, without the value, and clients read the chat again.
    """

    sql: str | None = None


@dataclass(frozen=True)
class ChatPurge:
    """Deletes the data that a module stores about a deleted chat.

    `purge(context, chat_id, limit)` deletes about `limit` rows at most. It returns True if more is left, and is then
    called again. The module's `invariants` have `nothing_of_deleted`: a chat may be deleted while it is disabled.
    """

    name: str
    purge: Purge

    @classmethod
    def of_rows(cls, name: str, *statements: str) -> Self:
        """Returns the purge that runs statements like those of `delete_of_chat`."""

        async def purge(context: WorkContext, chat_id: UUID, limit: int) -> bool:
            return any([len(await context.connection.fetch(sql, chat_id, limit)) == limit for sql in statements])

        return cls(name, purge)


def nothing_of_deleted(*tables: str, only: str = "true") -> Invariant:
    """Returns the invariant that these tables, each with a `chat_id`, have no rows of a chat that was purged.

    `only`: a condition on the rows `x`; others are no finding.
    """
    chats = " UNION ALL ".join(" ".join(["SELECT chat_id FROM", quoted(table), "x WHERE", only]) for table in tables)
    purged = "SELECT id AS stream_id, format('it was purged at %s', purged_at) AS detail FROM chat"
    deleted_too = "USING chat c WHERE c.id = ANY($1) AND c.purged_at IS NOT NULL AND x.chat_id = c.id AND"
    return Invariant(
        says=f"nothing of a deleted chat is left in {', '.join(tables)}",
        find=" ".join([purged, "WHERE purged_at IS NOT NULL AND id IN (", chats, ") ORDER BY id"]),
        advice="the chats were deleted while the module was disabled; --fix deletes these rows",
        fix=tuple(" ".join(["DELETE FROM", quoted(table), "x", deleted_too, only]) for table in tables),
    )


class Addition(NamedTuple):
    """Accounts that `actor_id` is about to add to a chat, or to create the chat with."""

    chat_id: UUID
    chat_type: str
    actor_id: UUID
    account_ids: frozenset[UUID]


@dataclass(frozen=True)
class AddCheck:
    """A check that may refuse new members. `check(context, addition)` raises a ServiceError.

    It runs once per request, under the locks of the chat and of all these accounts, also when the chat is created. If
    one of the accounts cannot be added, none is. If the actor is limited (`MemberLimit`), it runs once more, with the
    account that limits it as the actor.
    """

    name: str
    check: Callable[[Context, Addition], Awaitable[None]]


FindLimits = Callable[[Context, Collection[UUID]], Awaitable[Mapping[UUID, UUID]]]


@dataclass(frozen=True)
class MemberLimit:
    """Limits members by other members, as bots by their owners.

    A limited member has at most the role of the member that limits it. It can join only where that one is a member, is
    removed together with it, and cannot own a chat. Its own role counts again when the other one's is raised. What a
    limited account adds and stores counts for the account that limits it (`find_limits`).

    - `find_limits(context, account_ids)`: returns, for those of the accounts that are limited, the account that limits
      each.
    - `list_limited(context, account_ids)`: returns the accounts that these accounts limit, each with the account that
      limits it.
    """

    name: str
    find_limits: FindLimits
    list_limited: FindLimits


async def find_limits(context: Context, account_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Returns, for those of the accounts that are limited, the account that limits each."""
    found: dict[UUID, UUID] = {}
    for limit in context.container.get(Modules).contributions(MemberLimit):
        found |= await limit.find_limits(context, account_ids)
    return found


NotifyLevel = Literal["all", "mentions", "none"]
_LEVELS: Sequence[NotifyLevel] = ("none", "mentions", "all")
"""From the lowest to the highest."""


@dataclass(frozen=True)
class NotifyLevels:
    """Says which messages of a chat notify its members: all, those that mention them, or none.

    `find(context, chat_id, account_ids)` returns the levels of these accounts. All messages notify an account that it
    leaves out.
    """

    name: str
    find: Callable[[Context, UUID, Collection[UUID]], Awaitable[Mapping[UUID, NotifyLevel]]]


async def find_notify_levels(context: Context, chat_id: UUID, account_ids: Collection[UUID]) -> dict[UUID, NotifyLevel]:
    """Returns which messages of a chat notify each of the accounts. The lowest level of all modules counts."""
    levels: dict[UUID, NotifyLevel] = dict.fromkeys(account_ids, "all")
    for contributed in context.container.get(Modules).contributions(NotifyLevels):
        for account_id, level in (await contributed.find(context, chat_id, account_ids)).items():
            levels[account_id] = _lower(levels[account_id], level)
    return levels


def asked_level(own: NotifyLevel, chat_type: str, in_chat: NotifyLevel) -> NotifyLevel:
    """Returns which messages of a chat an account asks for, by its setting for all chats and its level in this one.

    With `mentions` for all chats, these are also all messages of direct chats. The lower of both counts.
    """
    return _lower("all" if own == "mentions" and chat_type == "direct" else own, in_chat)


def _lower(one: NotifyLevel, other: NotifyLevel) -> NotifyLevel:
    return min(one, other, key=_LEVELS.index)


CHAT_TYPES = ("direct", "group", "channel")
ROLES = ("reader", "member", "admin", "owner")
"""From the lowest to the highest. Both members of a direct chat are `member`."""


@dataclass(frozen=True)
class Permission:
    """An action in a chat, with the lowest role that may do it in each type of chat.

    In types of chats that `default` does not contain, no role may do it. `scope` is the scope that an API key needs.
    All permissions together form the one table that every action is checked against, over every transport.
    """

    name: str
    default: Mapping[str, str]
    scope: Scope | None = None
    _allowed: frozenset[tuple[str, str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for kind, lowest in self.default.items():
            if kind not in CHAT_TYPES:
                raise ValueError(f"the permission {self.name!r} names the type of chats {kind!r}, which does not exist")
            if lowest not in ROLES:
                raise ValueError(f"the permission {self.name!r} names the role {lowest!r}, which does not exist")
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
        """Returns True if a member with this role may do the action."""
        return (chat_type, role) in self._allowed


ChatId = Annotated[UUID, Path(description="id of the chat", examples=["6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91"])]


def may(permission: Permission) -> Any:
    """Returns a dependency that requires a permission: `Annotated[Membership, may(ADD_MEMBERS)]`."""

    @scoped(permission.scope)
    async def find(chat_id: ChatId, identity: CurrentIdentity, database: Db) -> Membership:
        async with database.connection() as connection:
            return await permission.check(connection, identity.account_id, chat_id)

    return Depends(find)
