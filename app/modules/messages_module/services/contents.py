"""Contributions of messages to chats: the last message, and the purge of a deleted chat."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import Field

from app.modules.chats_module.extension import ChatPart, ChatPurge
from app.modules.messages_module.db.cruds.purge import purge_chat
from app.modules.messages_module.schemas.models import message_models
from app.modules.messages_module.services.views import MessageViews
from app.services.context import Context
from app.utils.module import Modules


def _read_last(modules: Modules) -> Any:
    newest = Field(description="the newest message, null if the chat has none")
    return Annotated[message_models(modules).read | None, newest]


async def _describe_last(context: Context, viewer: UUID, chat_ids: Sequence[UUID]) -> Mapping[UUID, orjson.Fragment]:
    messages = await context.container.get(MessageViews).list_last(context.connection, viewer, chat_ids)
    return {chat_id: orjson.Fragment(message) for chat_id, message in messages.items()}


async def _purge(context: Context, chat_id: UUID, limit: int) -> bool:
    return await purge_chat(context.connection, chat_id, limit)


LAST_MESSAGE = ChatPart("last_message", _read_last, describe=_describe_last)
PURGE = ChatPurge("messages", _purge)
