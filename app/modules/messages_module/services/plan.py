"""Plans a batch: decides the outcome of each send, under the locks of its chats."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from app.adapters.db.connection import Connection
from app.modules.chats_module.errors import ChatNotFound, NotAllowedInChat
from app.modules.messages_module.db.cruds import send as crud
from app.modules.messages_module.db.cruds.insert import NewMessage
from app.modules.messages_module.db.cruds.send import SenderMembership
from app.modules.messages_module.errors import IdempotencyMismatch, NoMessageToReplyTo
from app.modules.messages_module.extension import CheckedSend
from app.modules.messages_module.services.fields import MessageFields
from app.modules.messages_module.services.part_values import PartInput, PartsOfMessage
from app.modules.messages_module.services.parts import MessageParts
from app.modules.messages_module.services.permissions import POST
from app.modules.messages_module.services.sends import Send
from app.services.errors import ServiceError


@dataclass(slots=True)
class Tail:
    """The last numbers of a chat's messages and of its stream, including the messages that the batch adds."""

    seq: int
    event_seq: int
    chat_type: str
    has_checks: bool = False
    messages: list[NewMessage] = field(default_factory=list)


@dataclass(slots=True)
class _Poster:
    """A member who sends to a chat.

    `may_post`: the role allows it. `known`: messages of the batch by `client_msg_id` as an integer, because the hash of
    a UUID is a Python call.
    """

    membership: SenderMembership
    tail: Tail
    may_post: bool
    known: dict[int, tuple[int, bytes]] = field(default_factory=dict)


@dataclass(slots=True)
class Plan:
    """Outcome of each send: written, refused, or already stored. `tails` are of all chats that exist."""

    new: list[tuple[Send, NewMessage]] = field(default_factory=list)
    refused: list[tuple[Send, ServiceError]] = field(default_factory=list)
    existing: list[tuple[Send, int]] = field(default_factory=list)
    tails: dict[UUID, Tail] = field(default_factory=dict)
    parts: list[PartsOfMessage] = field(default_factory=list)

    def add_new(self, send: Send, message: NewMessage, tail: Tail) -> None:
        """Handles a send that is written as this message, at the end of its chat."""
        self.new.append((send, message))
        tail.messages.append(message)

    def add_existing(self, send: Send, known: tuple[int, bytes]) -> None:
        """Handles a repeated `client_msg_id`: replays the stored message, or refuses if the body is different."""
        seq, digest = known
        if digest == send.digest:
            self.existing.append((send, seq))
        else:
            self.refused.append((send, IdempotencyMismatch()))

    @property
    def messages(self) -> Mapping[UUID, Sequence[NewMessage]]:
        """New messages by chat, in the order of their numbers."""
        return {chat_id: tail.messages for chat_id, tail in self.tails.items() if tail.messages}


async def make_plan(
    connection: Connection,
    parts: MessageParts,
    heads: Mapping[UUID, int],
    batch: Sequence[Send],
    at: datetime,
) -> Plan:
    """Decides the outcome of each send: checks membership and existing messages, prepares parts, assigns numbers.

    Numbers continue after each chat's last message and its stream's head. The caller holds the locks.
    """
    plan = Plan()
    if not batch:
        return plan
    keys, places = _find_posters(batch)
    memberships, existing = await crud.find_senders_and_existing(
        connection, keys, places, [send.client_msg_id for send in batch]
    )
    posters: dict[int, _Poster] = {}
    for place, membership in memberships.items():
        chat_id, _ = keys[place]
        if chat_id in heads:
            tail = plan.tails.setdefault(
                chat_id, Tail(membership.last_seq, heads[chat_id], membership.chat_type, bool(membership.checks))
            )
            posters[place] = _Poster(membership, tail, POST.allows(membership.chat_type, membership.role))
    candidates: list[tuple[Send, _Poster]] = []
    for number, (send, place) in enumerate(zip(batch, places, strict=True)):
        poster = posters.get(place)
        if poster is None:
            plan.refused.append((send, ChatNotFound()))
        elif existing and (known := existing.get(number)):
            plan.add_existing(send, known)
        elif not poster.may_post:
            plan.refused.append((send, NotAllowedInChat()))
        else:
            candidates.append((send, poster))
    if any(poster.membership.checks for poster in posters.values()):
        candidates = await _check(connection, parts, plan, candidates, at)
    prepared = await _prepare(connection, parts, candidates, at)
    ids = make_ids(len(candidates))
    for send, poster in candidates:
        tail = poster.tail
        values = prepared.get(send, send.given.values) if prepared else send.given.values
        client_msg_id = send.client_msg_id
        if client_msg_id is not None and client_msg_id.int in poster.known:
            plan.add_existing(send, poster.known[client_msg_id.int])
        elif isinstance(values, ServiceError):
            plan.refused.append((send, values))
        elif (reply_to_seq := send.request.reply_to_seq) is not None and not 1 <= reply_to_seq <= tail.seq:
            plan.refused.append((send, NoMessageToReplyTo()))
        else:
            plan.add_new(send, make_message(send, parts.fields, values, next(ids), tail, at), tail)
            if values:
                plan.parts.append(PartsOfMessage(send.chat_id, tail.seq, send.sender_id, values, send.server_parts))
            if client_msg_id is not None:
                poster.known[client_msg_id.int] = (tail.seq, send.digest)
    return plan


async def _check(
    connection: Connection,
    parts: MessageParts,
    plan: Plan,
    candidates: Sequence[tuple[Send, _Poster]],
    at: datetime,
) -> list[tuple[Send, _Poster]]:
    """Returns the sends that the checks of their chats accept. Adds the others to `plan.refused`."""
    distinct = _find_distinct(candidates)
    sends = [
        (
            CheckedSend(send.chat_id, send.sender_id, poster.membership.role, send.request),
            poster.membership.checks or (),
        )
        for send, poster in distinct.values()
    ]
    refusals = dict(zip(distinct, await parts.check(connection, sends, at), strict=True))
    checked = [(candidate, refusals[_key_of(*candidate)]) for candidate in candidates]
    plan.refused += [(send, refusal) for (send, _), refusal in checked if refusal is not None]
    return [candidate for candidate, refusal in checked if refusal is None]


async def _prepare(
    connection: Connection, parts: MessageParts, candidates: Sequence[tuple[Send, _Poster]], at: datetime
) -> dict[Send, Mapping[str, Any] | ServiceError]:
    """Returns the values or a refusal of each send whose parts must be prepared."""
    needing = [(send, poster) for send, poster in candidates if send.given.needs]
    if not needing:
        return {}
    distinct = _find_distinct(needing)
    inputs = [
        PartInput(
            send.chat_id,
            poster.membership.chat_type,
            send.sender_id,
            poster.membership.role,
            poster.membership.last_seq,
            send.request,
            send.given,
            send.server_parts,
        )
        for send, poster in distinct.values()
    ]
    prepared = dict(zip(distinct, await parts.prepare(connection, inputs, at), strict=True))
    return {send: prepared[_key_of(send, poster)] for send, poster in needing}


def _find_distinct(candidates: Sequence[tuple[Send, _Poster]]) -> dict[tuple[Any, ...], tuple[Send, _Poster]]:
    """Returns the first of equal sends, since only one of them is written, by their key."""
    distinct: dict[tuple[Any, ...], tuple[Send, _Poster]] = {}
    for candidate in candidates:
        distinct.setdefault(_key_of(*candidate), candidate)
    return distinct


def _key_of(send: Send, poster: _Poster) -> tuple[Any, ...]:
    return id(poster), send.client_msg_id or send, send.digest


def _find_posters(batch: Sequence[Send]) -> tuple[list[tuple[UUID, UUID]], list[int]]:
    """Returns the distinct pairs of chat and sender, and for each send the index of its pair."""
    posters: list[tuple[UUID, UUID]] = []
    # By integers, because the hash of a UUID is a Python call.
    place_of: dict[tuple[int, int], int] = {}
    places: list[int] = []
    before: Send | None = None
    for send in batch:
        # Sends of one socket follow each other and share the same id objects.
        if before is None or send.chat_id is not before.chat_id or send.sender_id is not before.sender_id:
            place = place_of.setdefault((send.chat_id.int, send.sender_id.int), len(posters))
            if place == len(posters):
                posters.append((send.chat_id, send.sender_id))
        places.append(place)
        before = send
    return posters, places


def make_message(
    send: Send, fields: MessageFields, values: Mapping[str, Any], message_id: str, tail: Tail, at: datetime
) -> NewMessage:
    """Returns the message of a send, with the next numbers of its chat."""
    tail.seq += 1
    tail.event_seq += 1
    request = send.request
    client_msg_id, text, reply_to_seq = send.client_msg_id, request.text, request.reply_to_seq
    event = fields.new_message(
        message_id, send.chat_id, tail.seq, client_msg_id, send.sender_id, text, reply_to_seq, values, send.at or at
    )
    return NewMessage(
        send.chat_id,
        tail.seq,
        tail.event_seq,
        message_id,
        client_msg_id,
        send.sender_id,
        text,
        reply_to_seq,
        send.digest,
        fields.to_store(values) if values else None,
        send.at,
        event,
    )


def make_ids(count: int) -> Iterator[str]:
    """Makes random ids (UUID version 4) with one system call for all, and without an object per id."""
    random = os.urandom(16 * count).hex()
    for place in range(0, len(random), 32):
        part = random[place : place + 32]
        variant = "89ab"[int(part[16], 16) & 3]
        yield f"{part[:8]}-{part[8:12]}-4{part[13:16]}-{variant}{part[17:20]}-{part[20:]}"
