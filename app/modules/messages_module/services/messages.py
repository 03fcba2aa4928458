"""Implementation of `Messages`: forwards, schedules and hooks send through the same queue as clients."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from loguru import logger
from pydantic import BaseModel

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.messages_module.extension import Messages
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.services import changes
from app.modules.messages_module.services.parts import MessageParts
from app.modules.messages_module.services.send_queue import SendQueue
from app.modules.messages_module.services.sends import ByServer, Sent
from app.modules.streams_module.services.log import Log


class MessageService(Messages):
    """The implementation of `Messages` in the running application."""

    def __init__(self, queue: SendQueue, parts: MessageParts, log: Log) -> None:
        self._queue = queue
        self._parts = parts
        self._log = log

    async def post(
        self,
        chat_id: UUID,
        sender_id: UUID,
        request: BaseModel,
        *,
        server_parts: Mapping[str, Any] | None = None,
        digest_source: bytes | None = None,
        at: datetime | None = None,
    ) -> Sent:
        assert isinstance(request, MessageCreate)  # noqa: S101 - the extension point does not know the type
        if at is not None:
            if at.tzinfo is None:
                raise ValueError("the time of a message must have a time zone")
            at = at.astimezone(UTC)
        return await self._queue.submit(
            chat_id, sender_id, request, by_server=ByServer(server_parts or {}, digest_source, at)
        )

    async def erase(
        self, work: UnitOfWork, chat_id: UUID, seqs: Sequence[int], *, reason: str, actor_id: UUID | None = None
    ) -> None:
        erased = await changes.erase_messages(work, self._log, self._parts, chat_id, seqs)
        logger.info("{} messages of chat {} were erased ({}, by {})", erased, chat_id, reason, actor_id or "the server")

    async def check_mark(self, work: UnitOfWork, chat_id: UUID, account_id: UUID) -> None:
        await changes.check_mark(work, self._parts, chat_id, account_id)

    async def set_part(self, work: UnitOfWork, chat_id: UUID, seq: int, name: str, value: Any) -> None:
        await changes.set_part(work, self._log, self._parts, chat_id, seq, name, value)
