"""The fields `root_seq` and `thread` of messages, and what sends and deletions change in threads."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from app.modules.accounts_module.extension import AccountHook
from app.modules.base_module.schemas import BodyInt
from app.modules.chats_module.extension import ChatPurge
from app.modules.messages_module.errors import MessageIsDeleted
from app.modules.messages_module.extension import (
    AS_STORED,
    NEEDS_PREPARE,
    MessagePart,
    MessageView,
    PartRequest,
    StoredPart,
)
from app.modules.threads_module.db.cruds import positions, replies
from app.modules.threads_module.db.cruds.replies import Reply, Root
from app.modules.threads_module.errors import NoSuchRoot, RootIsReply
from app.modules.threads_module.schemas import MAX_SHOWN, ThreadSummary
from app.services.context import Context
from app.services.errors import ServiceError


def find_refusal(root: Root) -> ServiceError | None:
    """Returns the reason why a message cannot be the root of a thread. A deleted one keeps the thread that it has."""
    if root.root_seq is not None:
        return RootIsReply()
    if root.is_deleted and not root.has_thread:
        return MessageIsDeleted()
    return None


def _derive(request: BaseModel) -> Any:
    return None if request.root_seq is None else NEEDS_PREPARE  # type: ignore[attr-defined]


async def _prepare(context: Context, requests: Sequence[PartRequest]) -> list[Any | ServiceError]:
    keys = [(request.chat_id, request.server_value or request.value) for request in requests]
    found = await replies.find_roots(context.connection, keys)
    values: list[Any | ServiceError] = []
    for key in keys:
        refusal = find_refusal(found[key]) if key in found else NoSuchRoot()
        values.append(key[1] if refusal is None else refusal)
    return values


async def _store(context: Context, stored: Sequence[StoredPart]) -> None:
    new = [Reply(one.chat_id, one.value, one.seq, one.sender_id) for one in stored]
    await replies.add_replies(context.connection, new, context.at)


async def _remove(context: Context, chat_id: UUID, seqs: Sequence[int]) -> None:
    await replies.remove_replies(context.connection, chat_id, seqs)


# Deleted replies keep their root, so that clients can count by events.
ROOT_SEQ = MessagePart(
    "root_seq",
    read=int | None,
    create=BodyInt | None,
    redacted=AS_STORED,
    derive=_derive,
    prepare=_prepare,
    store=_store,
    remove=_remove,
    refuses=(RootIsReply, MessageIsDeleted),
)
THREAD = MessageView(
    "thread",
    ThreadSummary | None,
    sql=f"""
SELECT json_build_object('reply_count', t.reply_count, 'last_seq', t.last_seq, 'participants', (
    SELECT json_agg(p.account_id ORDER BY p.first_seq) FROM (
        SELECT account_id, first_seq FROM thread_participant
        WHERE chat_id = m.chat_id AND root_seq = m.seq AND first_seq >= 0 ORDER BY first_seq LIMIT {MAX_SHOWN}
    ) p
))
FROM thread t WHERE t.chat_id = m.chat_id AND t.root_seq = m.seq AND t.reply_count > 0
""",  # noqa: S608 - constants only
    numbers="SELECT root_seq AS seq FROM thread WHERE chat_id = $1 AND reply_count > 0",
)
PURGE = ChatPurge.of_rows("threads", *replies.PURGES)
POSITIONS_OF_ACCOUNT = AccountHook.of_rows("threads", positions.DELETE_OF_ACCOUNT)
"""An erased account stays a member of its direct chats."""
