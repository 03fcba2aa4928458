from collections.abc import Mapping
from uuid import UUID

from app.modules.chats_module.services.contents import ChatContents
from app.modules.messages_module.db.cruds.history import list_one_of_each
from app.modules.messages_module.db.cruds.purge import purge_chat
from app.modules.streams_module.services.log import Executor


class Messages(ChatContents):
    """What is in a chat: messages."""

    async def find_last(
        self, connection: Executor, viewer: UUID, last_seqs: Mapping[UUID, int]
    ) -> Mapping[UUID, bytes]:
        return await list_one_of_each(connection, viewer, last_seqs)

    async def purge(self, connection: Executor, chat_id: UUID, limit: int) -> bool:
        return await purge_chat(connection, chat_id, limit)
