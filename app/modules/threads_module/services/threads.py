"""Reads threads, and moves the caller's positions in them."""

from uuid import UUID

import orjson

from app.adapters.db.connection import Connection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.base_module.schemas import Moment, Position
from app.modules.base_module.services.cursors import decode_cursor, encode_cursor
from app.modules.chats_module.schemas import ReadPosition
from app.modules.chats_module.services.access import Membership, get_membership
from app.modules.messages_module.errors import MessageNotFound
from app.modules.messages_module.services.views import MessageViews
from app.modules.streams_module.services.log import Log, event
from app.modules.threads_module.db.cruds import positions, replies
from app.modules.threads_module.db.cruds.replies import Root
from app.modules.threads_module.errors import RootIsReply, TooManyThreads
from app.modules.threads_module.services.part import find_refusal
from app.services.errors import ValidationFailed
from app.utils.json_form import to_json

_BEYOND = 2**62
"""A position after every message, to which 1 can be added without overflow."""
_CURSOR = "threads"


async def list_followed(
    connection: Connection, views: MessageViews, viewer: UUID, cursor: str | None, limit: int, *, only_unread: bool
) -> bytes:
    """Returns the threads that the account follows as a page of JSON, the one with the newest reply first."""
    before = decode_cursor(cursor, tuple[Moment, UUID, Position], of=_CURSOR) if cursor else None
    rows = await positions.list_followed(connection, viewer, before, limit + 1, only_unread=only_unread)
    keys = [(row["chat_id"], row["root_seq"]) for row in rows[:limit]]
    roots, count = await views.list_found(connection, viewer, [(*key, None) for key in keys], with_deleted=True)
    items = [
        {"root": orjson.Fragment(roots[key]), "read_seq": row["read_seq"], "unread_count": row["unread_count"]}
        for key, row in zip(keys[:count], rows, strict=False)
        # The account may have left the chat since the first query.
        if key in roots
    ]
    last = rows[count - 1] if len(rows) > count else None
    next_cursor = encode_cursor(last["active_at"], last["chat_id"], last["root_seq"], of=_CURSOR) if last else None
    return to_json({"items": items, "next_cursor": next_cursor})


async def view_replies(
    connection: Connection,
    views: MessageViews,
    member: Membership,
    root_seq: int,
    *,
    before_seq: int | None,
    after_seq: int | None,
    limit: int,
) -> bytes:
    """Returns a page of replies in ascending order, the newest one without a position.

    Raises MessageNotFound or RootIsReply.
    """
    chat_id = member.chat_id
    await _find_root(connection, chat_id, root_seq)
    if after_seq is not None:
        position = min(after_seq, _BEYOND)
        seqs = await replies.list_after(connection, chat_id, root_seq, position, limit)
        first, last = position + 1, position
    else:
        position = _BEYOND if before_seq is None else min(before_seq, _BEYOND)
        seqs = await replies.list_before(connection, chat_id, root_seq, position, limit)
        first, last = position, position - 1
    found, count = await views.list_found(connection, member.account_id, [(chat_id, seq, None) for seq in seqs])
    seqs = sorted(seqs[:count])
    if seqs:
        first, last = seqs[0], seqs[-1]
    has_before, has_after = await replies.has_others(connection, chat_id, root_seq, first, last)
    items = [orjson.Fragment(found[chat_id, seq]) for seq in seqs if (chat_id, seq) in found]
    return to_json({"items": items, "has_before": has_before, "has_after": has_after})


async def mark_read(
    work: UnitOfWork, log: Log, chat_id: UUID, account_id: UUID, root_seq: int, seq: int
) -> ReadPosition:
    """Moves the account's position in a thread forward and returns it. A smaller `seq` changes nothing.

    Appends `thread.read_moved` to the account's own stream if it moved. The chat's read position stays. Raises
    MessageNotFound, RootIsReply, ValidationFailed or TooManyThreads.
    """
    # The end of a membership takes this lock, too.
    await log.lock(work, accounts=[account_id])
    raw = await work.raw()
    membership = await get_membership(raw, chat_id, account_id)
    await _find_root(raw, chat_id, root_seq)
    if seq > membership.last_seq:
        raise ValidationFailed(("body", "seq"), f"the newest message has the sequence number {membership.last_seq}")
    await _check_room(raw, chat_id, root_seq, account_id)
    if await positions.move_read(raw, chat_id, root_seq, account_id, seq):
        data = {"chat_id": chat_id, "root_seq": root_seq, "read_seq": seq}
        await log.append(work, account_id, event("thread.read_moved", data))
    read_seq, unread_count = await positions.find_read(raw, chat_id, root_seq, account_id)
    return ReadPosition(read_seq=read_seq, unread_count=unread_count)


async def follow(work: UnitOfWork, log: Log, chat_id: UUID, account_id: UUID, root_seq: int) -> None:
    """Follows a thread, or a message that has no reply yet. Repeating it changes nothing.

    Raises MessageNotFound, RootIsReply, MessageIsDeleted or TooManyThreads.
    """
    await log.lock(work, accounts=[account_id])
    raw = await work.raw()
    await get_membership(raw, chat_id, account_id)
    refusal = find_refusal(await _find_root(raw, chat_id, root_seq))
    if refusal is not None:
        raise refusal
    await _check_room(raw, chat_id, root_seq, account_id)
    if not await positions.may_follow(raw, chat_id, root_seq, account_id):
        raise TooManyThreads(f"An account follows at most {positions.MAX_FOLLOWED} threads: unfollow others first")
    if await positions.follow(raw, chat_id, root_seq, account_id):
        await log.append(work, account_id, event("thread.followed", {"chat_id": chat_id, "root_seq": root_seq}))


async def unfollow(work: UnitOfWork, log: Log, chat_id: UUID, account_id: UUID, root_seq: int) -> None:
    """No longer follows a thread, until the account replies again. Raises MessageNotFound or RootIsReply.

    Without room for a position the account does not follow it, and no reply will make it follow.
    """
    await log.lock(work, accounts=[account_id])
    raw = await work.raw()
    await get_membership(raw, chat_id, account_id)
    await _find_root(raw, chat_id, root_seq)
    place = (raw, chat_id, root_seq, account_id)
    if await positions.has_room(*place) and await positions.unfollow(*place):
        await log.append(work, account_id, event("thread.unfollowed", {"chat_id": chat_id, "root_seq": root_seq}))


async def _check_room(connection: Connection, chat_id: UUID, root_seq: int, account_id: UUID) -> None:
    if not await positions.has_room(connection, chat_id, root_seq, account_id):
        raise TooManyThreads(
            f"A member has a position in at most {positions.MAX_POSITIONS} threads of a chat until it leaves the chat"
        )


async def _find_root(connection: Connection, chat_id: UUID, root_seq: int) -> Root:
    root = (await replies.find_roots(connection, [(chat_id, root_seq)])).get((chat_id, root_seq))
    if root is None:
        raise MessageNotFound
    if root.root_seq is not None:
        raise RootIsReply
    return root
