"""The fields of a chat that other modules contribute."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.adapters.db.connection import Connection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.chats_module.extension import ChatPart
from app.modules.streams_module.services.log import now
from app.services.context import Context, work_context
from app.utils.container import Container


class ChatParts:
    """Asks the contributed parts for their values, each once a page, and applies their changes."""

    def __init__(self, parts: Sequence[ChatPart], container: Container) -> None:
        self._parts = parts
        self._container = container

    async def describe(self, connection: Connection, viewer: UUID, chat_ids: Sequence[UUID]) -> list[dict[str, Any]]:
        """Returns the contributed fields of each chat, as the viewer sees them."""
        context = Context(connection, self._container, now())
        described = [
            (part, await part.describe(context, viewer, chat_ids) if part.describe and chat_ids else {})
            for part in self._parts
        ]
        return [{part.name: values.get(chat_id, part.empty) for part, values in described} for chat_id in chat_ids]

    async def apply(self, work: UnitOfWork, chat_id: UUID, account_id: UUID, changes: Mapping[str, Any]) -> None:
        """Applies those of the changes that belong to parts, under the lock of the chat's stream."""
        context = await work_context(work, self._container, now())
        for part in self._parts:
            if part.apply is not None and part.name in changes:
                await part.apply(context, chat_id, account_id, changes[part.name])
