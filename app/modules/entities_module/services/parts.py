"""The fields that the module adds to messages and to chats, and the rows of mentions behind them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.modules.accounts_module.extension import AccountHook
from app.modules.chats_module.extension import ChatPart, ChatPurge, Permission
from app.modules.entities_module import db
from app.modules.entities_module.db import MAX_UNREAD, UNREAD_MENTIONS
from app.modules.entities_module.schemas import Entities, TextFormat
from app.modules.entities_module.services.deriving import derive_markdown, derive_plain
from app.modules.messages_module.extension import (
    EVERYONE,
    Mentions,
    MessagePart,
    NeedsPrepare,
    PartRequest,
    StoredPart,
    removing_rows,
)
from app.services.context import Context
from app.services.errors import ServiceError

MAX_MENTIONED = 50
"""Accounts that one message mentions. Further names are text."""
MENTION_ALL = Permission("messages.mention_all", {"group": "admin", "channel": "admin"}, "messages:write")

_MENTIONS = ("mention", "mention_all")
_Entities = Sequence[Mapping[str, Any]]


def _derive(request: Any) -> _Entities | NeedsPrepare:
    is_markdown = getattr(request, "text_format", "plain") == "markdown"
    entities = derive_markdown(request.text) if is_markdown else derive_plain(request.text)
    if entities and any(entity["type"] in _MENTIONS for entity in entities):
        return NeedsPrepare(entities)
    return entities


async def _prepare(context: Context, requests: Sequence[PartRequest]) -> Sequence[_Entities | ServiceError]:
    """Resolves the mentions of all sends of a batch with one query."""
    named = {
        (request.chat_id, name)
        for request in requests
        for entity in request.derived
        if entity["type"] == "mention"
        for name in entity["names"]
    }
    members = await db.find_named(context.connection, named) if named else {}
    return [_resolve(request, members) for request in requests]


def _resolve(request: PartRequest, members: Mapping[tuple[UUID, str], UUID]) -> _Entities:
    """Returns the entities without mentions of accounts that are no members, and of all where it is not allowed."""
    may_mention_all = MENTION_ALL.allows(request.chat_type, request.role)
    mentioned: set[UUID] = set()
    resolved = []
    for entity in request.derived:
        if entity["type"] == "mention":
            name = next((each for each in entity["names"] if (request.chat_id, each) in members), None)
            if name is None:
                continue
            account_id = members[request.chat_id, name]
            mentioned.add(account_id)
            if len(mentioned) > MAX_MENTIONED:
                mentioned.discard(account_id)
                continue
            place = {"type": "mention", "offset": entity["offset"], "length": 1 + len(name)}
            resolved.append({**place, "account_id": str(account_id)})
        elif entity["type"] != "mention_all" or may_mention_all:
            resolved.append(entity)
    return resolved


async def _store(context: Context, stored: Sequence[StoredPart]) -> None:
    new: list[db.Key] = []
    old: list[db.Key] = []
    for part in stored:
        before = _list_mentioned(part.previous or (), part.sender_id)
        after = _list_mentioned(part.value, part.sender_id)
        new += [(part.chat_id, account_id, part.seq) for account_id in after - before]
        old += [(part.chat_id, account_id, part.seq) for account_id in before - after]
    if old:
        await db.delete_mentions(context.connection, old)
    if new:
        await db.insert_mentions(context.connection, new, context.at)


def _list_mentioned(entities: _Entities, sender_id: UUID) -> set[UUID]:
    """Returns whom a message mentions: EVERYONE, or accounts other than its sender."""
    if any(entity["type"] == "mention_all" for entity in entities):
        return {EVERYONE}
    return {UUID(entity["account_id"]) for entity in entities if entity["type"] == "mention"} - {sender_id}


def _has_spoiler(entities: _Entities) -> bool:
    """Returns True if the text is not to be shown without its ranges: a spoiler would be readable."""
    return any(entity["type"] == "spoiler" for entity in entities)


def _without_markers(entities: _Entities, text: str) -> str:
    encoded = text.encode("utf-16-le")
    pieces, place = [], 0
    for entity in entities:
        if entity["type"] == "syntax":
            pieces.append(encoded[place : 2 * entity["offset"]])
            place = 2 * (entity["offset"] + entity["length"])
    return b"".join((*pieces, encoded[place:])).decode("utf-16-le")


async def _find_mentioned(context: Context, chat_id: UUID, seqs: Sequence[int]) -> Mapping[int, set[UUID]]:
    return await db.list_mentioned(context.connection, chat_id, seqs)


TEXT_FORMAT = MessagePart("text_format", TextFormat, TextFormat, TextFormat, empty="plain", forwarded=True)
ENTITIES = MessagePart(
    "entities",
    Entities,
    empty=[],
    derive=_derive,
    prepare=_prepare,
    store=_store,
    remove=removing_rows("message_mention"),
    hides_text=_has_spoiler,
    shown_text=_without_markers,
)
UNREAD_MENTION_COUNT = ChatPart(
    "unread_mention_count",
    Annotated[int, Field(description=f"number of unread messages that mention the caller, at most {MAX_UNREAD:,}")],
    empty=0,
    sql=UNREAD_MENTIONS,
)
MENTIONED = Mentions("entities", _find_mentioned)
PURGE = ChatPurge.of_rows("entities", db.PURGE)
MENTIONS_OF_ACCOUNT = AccountHook.of_rows("entities", db.DELETE_OF_ACCOUNT)
