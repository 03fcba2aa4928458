"""Blocks: no direct chat, no message or mark in it, no being added by the blocked, nothing shown to them live."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from uuid import UUID

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.errors import AccountNotFound
from app.modules.accounts_module.extension import AccountHook, Erasure, PresenceFilter
from app.modules.accounts_module.services.accounts import list_existing_accounts
from app.modules.accounts_module.services.presence_filters import PresenceFilters
from app.modules.base_module.schemas import Moment, Page
from app.modules.base_module.services.cursors import decode_cursor, encode_cursor
from app.modules.blocks_module import db
from app.modules.blocks_module.errors import Blocked, TooManyBlocks
from app.modules.blocks_module.schemas import BlockRead
from app.modules.chats_module.errors import AddingRefused
from app.modules.chats_module.extension import AddCheck, Addition, NotifyLevel, NotifyLevels
from app.modules.chats_module.services.chats import direct_chat_id
from app.modules.chats_module.services.rules import MemberRules
from app.modules.messages_module.extension import CheckedSend, SendCheck, set_check
from app.modules.streams_module.services.log import Log, event, now
from app.services.context import Context, WorkContext
from app.services.errors import ServiceError, ValidationFailed

MAX_BLOCKS = 5_000
"""Maximum number of accounts that one account may block."""


async def block(
    work: UnitOfWork, log: Log, filters: PresenceFilters, rules: MemberRules, account_id: UUID, blocked_id: UUID
) -> None:
    """Blocks an account. Changes nothing if it is blocked. Raises ValidationFailed, AccountNotFound, TooManyBlocks."""
    if blocked_id == account_id:
        raise ValidationFailed(("path", "account_id"), "an account cannot block itself")
    await _lock(work, log, account_id, blocked_id)
    raw, at = await work.raw(), now()
    if not await list_existing_accounts(raw, {blocked_id}):
        raise AccountNotFound
    if await db.insert_block(raw, account_id, blocked_id, at):
        if await db.count_blocks(raw, account_id) > MAX_BLOCKS:
            raise TooManyBlocks(f"An account blocks at most {MAX_BLOCKS} others")
        await set_check(work, direct_chat_id(account_id, blocked_id), db.CHECK, on=True)
        await log.append(work, account_id, event("account.blocked", {"account_id": str(blocked_id)}), at=at)
        await _announce(work, filters, rules, blocked_id)


async def unblock(
    work: UnitOfWork, log: Log, filters: PresenceFilters, rules: MemberRules, account_id: UUID, blocked_id: UUID
) -> None:
    """Takes back a block. Changes nothing if there is none. Raises AccountNotFound."""
    await _lock(work, log, account_id, blocked_id)
    if await _take_back(work, account_id, blocked_id):
        await log.append(work, account_id, event("account.unblocked", {"account_id": str(blocked_id)}))
        await _announce(work, filters, rules, blocked_id)
    elif not await list_existing_accounts(await work.raw(), {blocked_id}):
        raise AccountNotFound


async def list_blocks(work: UnitOfWork, account_id: UUID, cursor: str | None, limit: int) -> Page[BlockRead]:
    """Returns the accounts that the account has blocked, the one blocked last first."""
    before = decode_cursor(cursor, tuple[Moment, UUID], of="blocks") if cursor else None
    rows = await db.list_blocks(await work.raw(), account_id, before, limit + 1)
    items = [BlockRead(**dict(row)) for row in rows[:limit]]
    next_cursor = encode_cursor(items[-1].blocked_at, items[-1].account_id, of="blocks") if len(rows) > limit else None
    return Page(items=items, next_cursor=next_cursor)


async def _take_back(work: UnitOfWork, account_id: UUID, blocked_id: UUID) -> bool:
    """Returns False if there is no block. The direct chat of the two must be locked."""
    raw = await work.raw()
    if not await db.delete_block(raw, account_id, blocked_id):
        return False
    if not await db.list_blocked(raw, blocked_id, [account_id]):
        await set_check(work, direct_chat_id(account_id, blocked_id), db.CHECK, on=False)
    return True


async def _announce(work: UnitOfWork, filters: PresenceFilters, rules: MemberRules, blocked_id: UUID) -> None:
    """Lets the sockets of the blocked account and of its bots read again which accounts are hidden."""
    for viewer in (blocked_id, *await rules.list_limited(work, [blocked_id])):
        work.after_commit(partial(filters.announce, viewer))


async def _lock(work: UnitOfWork, log: Log, account_id: UUID, blocked_id: UUID) -> None:
    """Locks the direct chat of the two, if there is one, and the account's stream.

    A direct chat is created under the locks of both accounts: it is either seen here, or sees the block.
    """
    await log.lock(work, chats=[direct_chat_id(account_id, blocked_id)], accounts=[account_id])


async def _check_added(context: Context, addition: Addition) -> None:
    others = addition.account_ids
    blocking = await db.list_blocking(context.connection, addition.actor_id, others)
    if addition.chat_type == "direct":
        if blocking or await db.list_blocked(context.connection, addition.actor_id, others):
            raise Blocked
    elif blocking:
        # The same answer as for accounts that do not let others add them.
        raise AddingRefused.by(blocking)


async def _check_sends(context: Context, sends: Sequence[CheckedSend]) -> list[ServiceError | None]:
    blocked = await db.list_blocked_chats(context.connection, {send.chat_id for send in sends})
    return [Blocked() if send.chat_id in blocked else None for send in sends]


async def _check_mark(context: Context, chat_id: UUID, _: UUID) -> ServiceError | None:
    return Blocked() if await db.list_blocked_chats(context.connection, {chat_id}) else None


async def _find_levels(context: Context, chat_id: UUID, account_ids: Collection[UUID]) -> Mapping[UUID, NotifyLevel]:
    """A message that was sent just before the block notifies neither of the two."""
    is_blocked = await db.is_blocked_chat(context.connection, chat_id)
    return dict.fromkeys(account_ids, "none") if is_blocked else {}


async def _list_hidden(
    context: Context, viewer: UUID, account_ids: Collection[UUID] | None, limit: int | None
) -> Collection[UUID]:
    if account_ids is None:
        return await db.list_all_blocking(context.connection, viewer, limit)
    return await db.list_blocking(context.connection, viewer, account_ids)


async def _erase(context: WorkContext, account_id: UUID, _: Erasure, __: int) -> bool:
    """Takes back one block by or of the account per call: a chat is locked for each. Who blocked it gets an event."""
    found = await db.find_of_account(context.connection, account_id)
    if found is None:
        return False
    blocking_id, blocked_id = found
    work, log = context.work, context.container.get(Log)
    await _lock(work, log, blocking_id, blocked_id)
    was_blocked = await _take_back(work, blocking_id, blocked_id)
    if was_blocked and await list_existing_accounts(context.connection, {blocking_id}):
        await log.append(work, blocking_id, event("account.unblocked", {"account_id": str(blocked_id)}))
    return True


NO_ADDING = AddCheck("blocks", _check_added)
NO_MESSAGES = SendCheck(db.CHECK, _check_sends, _check_mark)
NO_NOTIFICATIONS = NotifyLevels("blocks", _find_levels)
HIDDEN = PresenceFilter("blocks", _list_hidden)
ERASE_BLOCKS = AccountHook("blocks", _erase)
