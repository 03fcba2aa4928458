"""What becomes of each send of a batch, decided under the locks of its chats."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

from loguru import logger

from app.modules.chats_module.errors import ChatNotFound, NotAllowedInChat
from app.modules.chats_module.services.permissions import POST, may
from app.modules.messages_module.db.cruds import send as crud
from app.modules.messages_module.db.cruds.send import NewMessage, Posting
from app.modules.messages_module.errors import IdempotencyMismatch
from app.modules.messages_module.services.views import dump
from app.modules.streams_module.services.log import Executor
from app.services.errors import ServiceError, ValidationFailed


class Sent(NamedTuple):
    """The message as JSON, and whether it stood already."""

    body: bytes
    replayed: bool = False


def digest_of(text: str, reply_to_seq: int | None) -> bytes:
    """What a retry is compared with."""
    return blake2b(f"{reply_to_seq}\0{text}".encode(), digest_size=16).digest()


@dataclass(slots=True, eq=False)
class Send:
    """One wanted message, and who is told what came of it."""

    chat_id: UUID
    sender_id: UUID
    client_msg_id: UUID | None
    text: str
    reply_to_seq: int | None
    tell: Callable[["Sent | Exception"], None]
    find_refusal: Callable[[], Exception | None] | None = None
    """Asked at the last moment: the sender's session may have ended since."""
    digest: bytes = field(init=False)
    is_resolved: bool = False

    def __post_init__(self) -> None:
        self.digest = digest_of(self.text, self.reply_to_seq)

    def is_refused(self) -> bool:
        """Returns True where it is not to be written any more, and resolves it."""
        refusal = self.find_refusal() if self.find_refusal is not None else None
        if refusal is not None:
            self.resolve(refusal)
        return refusal is not None

    def resolve(self, result: Sent | Exception) -> None:
        """Tells it once. Never raises: the others of the batch are to be told as well."""
        if self.is_resolved:
            return
        self.is_resolved = True
        try:
            self.tell(result)
        except Exception as error:  # noqa: BLE001 - the message stands, or does not, whoever hears of it
            logger.opt(exception=error).error("what came of a send could not be told")


@dataclass(slots=True)
class Tail:
    """The end of a chat: the last numbers of its messages and of its stream, with those that the batch adds."""

    seq: int
    event_seq: int
    messages: list[NewMessage] = field(default_factory=list)


@dataclass(slots=True)
class _Poster:
    """Somebody who sends to a chat, with what the batch has written for them by its `client_msg_id`."""

    posting: Posting
    tail: Tail
    known: dict[UUID, tuple[int, bytes]] = field(default_factory=dict)


@dataclass(slots=True)
class Plan:
    """What becomes of each send: written, refused, or found to stand already. `tails` are of all chats that exist."""

    new: list[tuple[Send, NewMessage]] = field(default_factory=list)
    refused: list[tuple[Send, ServiceError]] = field(default_factory=list)
    standing: list[tuple[Send, int]] = field(default_factory=list)
    tails: dict[UUID, Tail] = field(default_factory=dict)

    @property
    def messages(self) -> Mapping[UUID, Sequence[NewMessage]]:
        """What is new, by chat, in the order of the numbers."""
        return {chat_id: tail.messages for chat_id, tail in self.tails.items() if tail.messages}


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
    keys, places = _find_posters(batch)
    postings, standing = await crud.look_up(connection, keys, places, [send.client_msg_id for send in batch])
    posters: dict[int, _Poster] = {}
    for place, posting in postings.items():
        chat_id, _ = keys[place]
        if chat_id in heads:
            tail = plan.tails.setdefault(chat_id, Tail(posting.last_seq, heads[chat_id]))
            posters[place] = _Poster(posting, tail)
    ids = _make_ids(len(batch))
    for number, (send, place) in enumerate(zip(batch, places, strict=True)):
        poster = posters.get(place)
        if poster is None:
            plan.refused.append((send, ChatNotFound()))
            continue
        known = standing.get(number) or (poster.known.get(send.client_msg_id) if send.client_msg_id else None)
        tail = poster.tail
        if refusal := _refuse(send, poster.posting, known, tail.seq):
            plan.refused.append((send, refusal))
        elif known:
            plan.standing.append((send, known[0]))
        else:
            tail.seq += 1
            tail.event_seq += 1
            message = _number(send, next(ids), tail, at)
            plan.new.append((send, message))
            tail.messages.append(message)
            if send.client_msg_id:
                poster.known[send.client_msg_id] = (tail.seq, send.digest)
    return plan


def _find_posters(batch: Sequence[Send]) -> tuple[list[tuple[UUID, UUID]], list[int]]:
    """Each chat and sender once, and for each send the place of its own among them."""
    posters: dict[tuple[UUID, UUID], int] = {}
    places: list[int] = []
    before: Send | None = None
    for send in batch:
        # Sends of one socket follow each other, and have the very same ids.
        if before is None or send.chat_id is not before.chat_id or send.sender_id is not before.sender_id:
            place = posters.setdefault((send.chat_id, send.sender_id), len(posters))
        places.append(place)
        before = send
    return list(posters), places


def _refuse(send: Send, posting: Posting, known: tuple[int, bytes] | None, last_seq: int) -> ServiceError | None:
    if known:
        # What stands was allowed when it was sent.
        return None if known[1] == send.digest else IdempotencyMismatch()
    if not may(POST, posting.chat_type, posting.role):
        return NotAllowedInChat()
    if send.reply_to_seq is not None and not 1 <= send.reply_to_seq <= last_seq:
        return ValidationFailed(("body", "reply_to_seq"), "there is no message with this number")
    return None


def _number(send: Send, message_id: str, tail: Tail, at: datetime) -> NewMessage:
    event = dump(
        {
            "id": message_id,
            "chat_id": send.chat_id,
            "seq": tail.seq,
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
    )
    return NewMessage(
        send.chat_id,
        tail.seq,
        tail.event_seq,
        message_id,
        send.client_msg_id,
        send.sender_id,
        send.text,
        send.reply_to_seq,
        send.digest,
        event,
    )


def _make_ids(count: int) -> Iterator[str]:
    """Random ids (UUID, version 4): one question to the system for all of them, and no object for each."""
    random = os.urandom(16 * count).hex()
    for place in range(0, len(random), 32):
        part = random[place : place + 32]
        variant = "89ab"[int(part[16], 16) & 3]
        yield f"{part[:8]}-{part[8:12]}-4{part[13:16]}-{variant}{part[17:20]}-{part[20:]}"
