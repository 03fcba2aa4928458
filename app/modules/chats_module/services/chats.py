"""Creates, changes and deletes chats."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4, uuid5

from sqlalchemy import update

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.errors import InvalidToken
from app.modules.accounts_module.services.accounts import list_existing_accounts
from app.modules.chats_module.db.models import Chat
from app.modules.chats_module.errors import ChatIdTaken, join_ids
from app.modules.chats_module.schemas import ChatCreate, ChatUpdate
from app.modules.chats_module.services.access import get_membership, lock_chat
from app.modules.chats_module.services.membership_changes import add_to_chat
from app.modules.chats_module.services.parts import ChatParts
from app.modules.chats_module.services.permissions import CHANGE_CHAT, DELETE_CHAT
from app.modules.chats_module.services.rules import MemberRules
from app.modules.streams_module.services.log import Log, event, now
from app.services.errors import ValidationFailed
from app.settings.sizes_settings import SizesSettings

_DIRECT = UUID("5e0bd3a1-6f0e-5b5e-9c0f-4d8a4f1f7c35")
"""UUID namespace of the ids of direct chats."""
_DIRECT_VERSION = 5
"""UUID version of the ids of direct chats, and of no other chats."""
_NIL = UUID(int=0)
"""The id of no chat: statements that read chats in the order of their ids begin after it."""


def direct_chat_id(first: UUID, second: UUID) -> UUID:
    """Returns the id of the direct chat of two accounts. The order does not matter, so two accounts have one chat."""
    return uuid5(_DIRECT, "".join(sorted((str(first), str(second)))))


async def create_chat(
    work: UnitOfWork, log: Log, sizes: SizesSettings, rules: MemberRules, creator_id: UUID, request: ChatCreate
) -> tuple[UUID, bool]:
    """Creates a chat. Returns its id, and True if it is new.

    It is not new if its creator sends the same id again, or if the direct chat of the two accounts exists. Raises
    ValidationFailed, ChatIdTaken, and what `add_to_chat` raises.
    """
    others = dict.fromkeys(account_id for account_id in request.member_ids if account_id != creator_id)
    chat_id = _choose_id(creator_id, list(others), request)
    if not await log.claim_stream(work, chat_id):
        await _check_same(work, chat_id, creator_id, request)
        return chat_id, False
    await _check_accounts(work, creator_id, set(others))
    at = now()
    roles = dict.fromkeys([creator_id, *others], "member")
    if request.type != "direct":
        roles[creator_id] = "owner"
    await log.lock(work, accounts=list(roles))
    work.session.add(
        Chat(
            id=chat_id,
            type=request.type,
            title=request.title,
            description=request.description,
            owner_id=None if request.type == "direct" else creator_id,
            created_by=creator_id,
            member_count=0,
            active_at=at,
        )
    )
    await work.session.flush()
    await add_to_chat(work, log, sizes, rules, chat_id, request.type, roles, read_seq=0, actor_id=creator_id)
    return chat_id, True


async def update_chat(
    work: UnitOfWork, log: Log, parts: ChatParts, chat_id: UUID, account_id: UUID, changes: ChatUpdate
) -> None:
    """Changes the title, the description and contributed fields. Appends `chat.updated` if anything changed."""
    await lock_chat(work, log, CHANGE_CHAT, chat_id, account_id)
    sent = {name: getattr(changes, name) for name in changes.model_fields_set}
    is_part_changed = await parts.apply(work, (chat_id, account_id), sent)
    chat = await work.session.get(Chat, chat_id, populate_existing=True)
    given = changes.model_dump(include=set(ChatUpdate.model_fields), exclude_unset=True)
    changed = {name: value for name, value in given.items() if getattr(chat, name) != value}
    if changed or is_part_changed:
        await append_updated(work, log, chat_id, account_id, changed)


async def append_updated(
    work: UnitOfWork, log: Log, chat_id: UUID, actor_id: UUID, changed: Mapping[str, Any] | None = None
) -> None:
    """Changes columns of a chat, whose stream is locked, and appends `chat.updated`, unless the chat is deleted.

    Without columns clients read the chat again: a field that another module contributes has changed.
    """
    at, columns = now(), dict(changed or {})
    there = update(Chat).where(Chat.id == chat_id, Chat.deleted_at.is_(None))
    if await work.session.scalar(there.values(**columns, updated_at=at).returning(Chat.id)) is None:
        return
    updated = event("chat.updated", {"chat_id": str(chat_id), **columns, "actor_id": str(actor_id)})
    await log.append(work, chat_id, updated, at=at)


async def delete_chat(work: UnitOfWork, log: Log, chat_id: UUID, account_id: UUID) -> None:
    """Deletes a chat for all members at once. Deletions then notifies their streams and deletes the rows, in chunks.

    Raises ChatNotFound or NotAllowedInChat.
    """
    await lock_chat(work, log, DELETE_CHAT, chat_id, account_id)
    await mark_deleted(work, log, chat_id, account_id)


async def mark_deleted(work: UnitOfWork, log: Log, chat_id: UUID, account_id: UUID) -> None:
    """Marks a chat as deleted. The caller holds the lock of its stream, and wakes Deletions after the commit."""
    cleared = {"title": None, "description": None}
    await work.session.execute(update(Chat).where(Chat.id == chat_id).values(deleted_at=now(), **cleared))
    await log.append(work, chat_id, event("chat.deleted", {"chat_id": str(chat_id), "actor_id": str(account_id)}))


def _choose_id(creator_id: UUID, others: Sequence[UUID], request: ChatCreate) -> UUID:
    """Returns the id of the requested chat. Raises ValidationFailed for an id that it cannot have."""
    if request.id == _NIL:
        raise ValidationFailed(("body", "id"), "the nil UUID is the id of no chat")
    if request.type == "direct":
        if len(others) != 1:
            raise ValidationFailed(("body", "member_ids"), "a direct chat needs exactly one other account")
        return direct_chat_id(creator_id, *others)
    if request.id is not None and request.id.version == _DIRECT_VERSION:
        # Any user can compute the id of a direct chat. Such ids are reserved for the two accounts of the chat.
        raise ValidationFailed(("body", "id"), "an id of version 5 is reserved for direct chats")
    return request.id or uuid4()


async def _check_accounts(work: UnitOfWork, creator_id: UUID, account_ids: set[UUID]) -> None:
    every = {creator_id, *account_ids}
    unknown = every - await list_existing_accounts(await work.raw(), every)
    if creator_id in unknown:
        # The account was created after the backup that was restored.
        raise InvalidToken
    if unknown:
        raise ValidationFailed(("body", "member_ids"), f"no such account: {join_ids(unknown)}")


async def _check_same(work: UnitOfWork, chat_id: UUID, creator_id: UUID, request: ChatCreate) -> None:
    """Raises ChatIdTaken unless the id belongs to the requested chat, and ChatNotFound if the caller has left it."""
    chat = await work.session.get(Chat, chat_id)
    if chat is None or chat.deleted_at is not None or chat.type != request.type:
        raise ChatIdTaken
    if request.type != "direct" and chat.created_by != creator_id:
        raise ChatIdTaken
    await get_membership(await work.raw(), chat_id, creator_id)
