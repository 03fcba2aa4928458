"""What becomes of each send of a batch, decided under the locks of its chats."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID, uuid4

from app.modules.chats_module.errors import ChatNotFound, NotAllowedInChat
from app.modules.chats_module.services.access import may_post
from app.modules.messages_module.db.cruds import send as crud
from app.modules.messages_module.db.cruds.send import NewMessage
from app.modules.messages_module.errors import IdempotencyMismatch
from app.modules.messages_module.services.views import dump
from app.modules.streams_module.services.log import Executor
from app.services.errors import ServiceError, ValidationFailed


class Sent(NamedTuple):
    """The message as JSON, and whether it stood already."""

    body: bytes
    replayed: bool


def digest_of(text: str, reply_to_seq: int | None) -> bytes:
    """What a retry is compared with."""
    return blake2b(f"{reply_to_seq}\0{text}".encode(), digest_size=16).digest()


@dataclass(slots=True, eq=False)
class Send:
    """One wanted message, and the promise of its outcome."""

    chat_id: UUID
    sender_id: UUID
    client_msg_id: UUID | None
    text: str
    reply_to_seq: int | None
    outcome: asyncio.Future[Sent]
    digest: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.digest = digest_of(self.text, self.reply_to_seq)

    def resolve(self, result: Sent | BaseException) -> None:
        """Tells the caller, if it still waits."""
        if self.outcome.done():
            return
        if isinstance(result, BaseException):
            self.outcome.set_exception(result)
        else:
            self.outcome.set_result(result)


@dataclass(slots=True)
class Plan:
    """What becomes of each send: written, refused, or found to stand already."""

    new: list[tuple[Send, NewMessage]] = field(default_factory=list)
    refused: list[tuple[Send, ServiceError]] = field(default_factory=list)
    standing: list[tuple[Send, int]] = field(default_factory=list)


async def make_plan(
    connection: Executor,
    heads: Mapping[UUID, int],
    batch: Sequence[Send],
    at: datetime,
) -> Plan:
    """Numbers what is new, on from each chat's last message and its stream's head, whose locks the caller holds."""
    plan = Plan()
    if not batch:
        return plan
    rows = await crud.look_up(
        connection,
        [send.chat_id for send in batch],
        [send.sender_id for send in batch],
        [send.client_msg_id for send in batch],
    )
    # The last numbers of each chat: the message's, the event's.
    numbers: dict[UUID, tuple[int, int]] = {}
    first_of: dict[tuple[UUID, UUID, UUID], tuple[int, bytes]] = {}
    for send, row in zip(batch, rows, strict=True):
        if row["type"] is None or send.chat_id not in heads:
            plan.refused.append((send, ChatNotFound()))
            continue
        seq, event_seq = numbers.get(send.chat_id) or (row["last_seq"], heads[send.chat_id])
        key = (send.chat_id, send.sender_id, send.client_msg_id) if send.client_msg_id else None
        known = (row["old_seq"], row["old_digest"]) if row["old_seq"] else first_of.get(key) if key else None
        if refusal := _refuse(send, row["type"], row["role"], known, seq):
            plan.refused.append((send, refusal))
        elif known:
            plan.standing.append((send, known[0]))
        else:
            numbers[send.chat_id] = (seq + 1, event_seq + 1)
            plan.new.append((send, _number(send, seq + 1, event_seq + 1, at)))
            if key:
                first_of[key] = (seq + 1, send.digest)
    return plan


def _refuse(
    send: Send, chat_type: str, role: str | None, known: tuple[int, bytes] | None, last_seq: int
) -> ServiceError | None:
    if role is None:
        return ChatNotFound()
    if known:
        # What stands was allowed when it was sent.
        return None if known[1] == send.digest else IdempotencyMismatch()
    if not may_post(chat_type, role):
        return NotAllowedInChat()
    if send.reply_to_seq is not None and not 1 <= send.reply_to_seq <= last_seq:
        return ValidationFailed(("body", "reply_to_seq"), "there is no message with this number")
    return None


def _number(send: Send, seq: int, event_seq: int, at: datetime) -> NewMessage:
    message_id = uuid4()
    event = dump(
        {
            "id": message_id,
            "chat_id": send.chat_id,
            "seq": seq,
            "client_msg_id": send.client_msg_id,
            "sender_id": send.sender_id,
            "type": "text",
            "text": send.text,
            "reply_to_seq": send.reply_to_seq,
            "created_at": at,
            "edited_at": None,
            "deleted_at": None,
            "reactions": [],
        }
    ).decode()
    return NewMessage(
        message_id,
        send.chat_id,
        seq,
        event_seq,
        send.client_msg_id,
        send.sender_id,
        send.text,
        send.reply_to_seq,
        send.digest,
        event,
    )
