"""A send, from the request to its result."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from loguru import logger

from app.modules.messages_module.db.cruds.insert import DIGEST_SIZE
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.services.part_values import PartValues


class Sent(NamedTuple):
    """The message as JSON. `replayed`: it was already stored."""

    body: bytes
    replayed: bool = False


class ByServer(NamedTuple):
    """Fields of a send that only the server sets: values of parts, bytes compared on a retry, the message's time."""

    parts: Mapping[str, Any] = MappingProxyType({})
    digest_source: bytes | None = None
    at: datetime | None = None


BY_CLIENT = ByServer()
"""A send by a client: its parts are in the body, a retry is compared with the body, and its time is now."""


def digest_of(text: str, reply_to_seq: int | None, parts: bytes = b"") -> bytes:
    """Returns the digest that is compared on a retry. `parts`: the parts that were sent, as canonical JSON."""
    body = f"{reply_to_seq}\0{text}".encode()
    return blake2b(body + b"\0" + parts if parts else body, digest_size=DIGEST_SIZE).digest()


class Send:
    """A message to be written, with the callback for its result.

    `find_refusal` is called just before the message is written, because the sender's session may have ended.
    """

    __slots__ = (
        "at",
        "chat_id",
        "client_msg_id",
        "digest",
        "find_refusal",
        "given",
        "is_resolved",
        "on_result",
        "request",
        "sender_id",
        "server_parts",
    )

    def __init__(
        self,
        chat_id: UUID,
        sender_id: UUID,
        request: MessageCreate,
        on_result: Callable[["Sent | Exception"], None],
        find_refusal: Callable[[], Exception | None] | None,
        given: PartValues,
        by_server: ByServer,
    ) -> None:
        self.chat_id = chat_id
        self.sender_id = sender_id
        self.request = request
        self.client_msg_id = request.client_msg_id
        self.on_result = on_result
        self.find_refusal = find_refusal
        self.given = given
        self.server_parts = by_server.parts
        self.digest = (
            digest_of(request.text, request.reply_to_seq, given.sent)
            if by_server.digest_source is None
            else blake2b(by_server.digest_source, digest_size=DIGEST_SIZE).digest()
        )
        self.at = by_server.at
        self.is_resolved = False

    def resolve(self, result: Sent | Exception) -> None:
        """Calls the callback once. Never raises, so that the other sends of the batch get their results."""
        if self.is_resolved:
            return
        self.is_resolved = True
        try:
            self.on_result(result)
        except Exception as error:  # noqa: BLE001 - a callback cannot change the outcome
            logger.opt(exception=error).error("the result of a send could not be delivered")


def end_outcome(outcome: asyncio.Future[Sent], result: Sent | Exception) -> None:
    """Ends a future with the result of a send. It may have been cancelled."""
    if outcome.done():
        return
    if isinstance(result, Exception):
        outcome.set_exception(result)
    else:
        outcome.set_result(result)


def refuse_ended(sends: Sequence[Send]) -> list[Send]:
    """Returns the sends that may be written. Resolves the others with their refusal.

    Consecutive sends with the same `find_refusal` object share one call.
    """
    accepted: list[Send] = []
    find_refusal: Callable[[], Exception | None] | None = None
    refusal: Exception | None = None
    for send in sends:
        if send.find_refusal is not find_refusal:
            find_refusal = send.find_refusal
            refusal = find_refusal() if find_refusal is not None else None
        if refusal is None:
            accepted.append(send)
        else:
            send.resolve(refusal)
    return accepted
