"""Making, changing and deleting chats."""

from uuid import UUID, uuid4, uuid5

from sqlalchemy import update

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.errors import InvalidToken
from app.modules.accounts_module.services.accounts import list_existing_accounts
from app.modules.chats_module.db.models import Chat
from app.modules.chats_module.errors import ChatIdTaken
from app.modules.chats_module.schemas import ChatCreate, ChatUpdate
from app.modules.chats_module.services.access import check, get_membership
from app.modules.chats_module.services.membership_changes import add_to_chat
from app.modules.chats_module.services.parts import ChatParts
from app.modules.chats_module.services.permissions import CHANGE_CHAT, DELETE_CHAT
from app.modules.streams_module.services.log import Log, event, now
from app.services.errors import ValidationFailed
from app.settings.sizes_settings import SizesSettings

_DIRECT = UUID("5e0bd3a1-6f0e-5b5e-9c0f-4d8a4f1f7c35")
"""Namespace of the ids of direct chats."""
_DIRECT_VERSION = 5
"""Of the ids of direct chats, and of no others."""


def direct_chat_id(one: UUID, other: UUID) -> UUID:
    """The same for both, whoever begins: that is what makes a direct chat unique."""
    return uuid5(_DIRECT, "".join(sorted((str(one), str(other)))))


async def create_chat(
    work: UnitOfWork, log: Log, sizes: SizesSettings, creator_id: UUID, request: ChatCreate
) -> tuple[UUID, bool]:
    """The chat's id, and whether it is new.

    The same id again, by whom it was made by, is the same chat; so is a second direct chat of the same two.
    """
    others = dict.fromkeys(account_id for account_id in request.member_ids if account_id != creator_id)
    if request.type == "direct" and len(others) != 1:
        raise ValidationFailed(("body", "member_ids"), "a direct chat needs exactly one other account")
    if request.type != "direct" and request.id is not None and request.id.version == _DIRECT_VERSION:
        # Anyone can work out the id of a direct chat: it is kept for the two whose chat it is.
        raise ValidationFailed(("body", "id"), "an id of version 5 is reserved for direct chats")
    await _check_accounts(work, creator_id, set(others))
    chat_id = direct_chat_id(creator_id, *others) if request.type == "direct" else request.id or uuid4()
    if not await log.claim_stream(work, chat_id):
        await _check_same(work, chat_id, creator_id, request)
        return chat_id, False
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
    await add_to_chat(
        work, log, sizes, chat_id, roles, read_seq=0, actor_id=creator_id, is_direct=request.type == "direct"
    )
    return chat_id, True


async def update_chat(
    work: UnitOfWork, log: Log, parts: ChatParts, chat_id: UUID, account_id: UUID, changes: ChatUpdate
) -> None:
    """Changes title, description and what modules contribute. What changes nothing makes no event."""
    await log.lock(work, chats=[chat_id])
    check(await get_membership(await work.raw(), chat_id, account_id), CHANGE_CHAT)
    sent = {name: getattr(changes, name) for name in changes.model_fields_set}
    is_part_changed = await parts.apply(work, (chat_id, account_id), sent)
    chat = await work.session.get(Chat, chat_id, populate_existing=True)
    given = changes.model_dump(include=set(ChatUpdate.model_fields), exclude_unset=True)
    changed = {name: value for name, value in given.items() if getattr(chat, name) != value}
    if not changed and not is_part_changed:
        return
    at = now()
    await work.session.execute(update(Chat).where(Chat.id == chat_id).values(**changed, updated_at=at))
    updated = event("chat.updated", {"chat_id": str(chat_id), **changed, "actor_id": str(account_id)})
    await log.append(work, chat_id, updated, at=at)


async def delete_chat(work: UnitOfWork, log: Log, chat_id: UUID, account_id: UUID) -> None:
    """Gone for everyone at once; its members' streams are told, and its rows deleted, in chunks afterwards."""
    await log.lock(work, chats=[chat_id])
    check(await get_membership(await work.raw(), chat_id, account_id), DELETE_CHAT)
    await mark_deleted(work, log, chat_id, account_id)


async def mark_deleted(work: UnitOfWork, log: Log, chat_id: UUID, account_id: UUID) -> None:
    """Deletes a chat under the lock of its stream; Deletions does the rest."""
    without_words = {"title": None, "description": None}
    await work.session.execute(update(Chat).where(Chat.id == chat_id).values(deleted_at=now(), **without_words))
    await log.append(work, chat_id, event("chat.deleted", {"chat_id": str(chat_id), "actor_id": str(account_id)}))


async def _check_accounts(work: UnitOfWork, creator_id: UUID, account_ids: set[UUID]) -> None:
    unknown = {creator_id, *account_ids} - await list_existing_accounts(work, {creator_id, *account_ids})
    if creator_id in unknown:
        # The account was made after the backup that was restored.
        raise InvalidToken
    if unknown:
        raise ValidationFailed(("body", "member_ids"), f"no such account: {', '.join(sorted(map(str, unknown)))}")


async def _check_same(work: UnitOfWork, chat_id: UUID, creator_id: UUID, request: ChatCreate) -> None:
    """The id is in use: by the very chat that is asked for, or by something else."""
    chat = await work.session.get(Chat, chat_id)
    if chat is None or chat.deleted_at is not None or chat.type != request.type:
        raise ChatIdTaken
    if request.type != "direct" and chat.created_by != creator_id:
        raise ChatIdTaken
    await get_membership(await work.raw(), chat_id, creator_id)
