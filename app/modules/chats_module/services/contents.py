"""What is in a chat, as far as chats need to know it: the module of the messages fills this in."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from uuid import UUID

from app.modules.streams_module.services.log import Executor


class ChatContents(ABC):
    """Chats come before messages in the order of modules; this is how they show and delete what they hold."""

    @abstractmethod
    async def find_last(
        self, connection: Executor, viewer: UUID, last_seqs: Mapping[UUID, int]
    ) -> Mapping[UUID, bytes]:
        """The message with the given number of each chat: JSON, as the history shows it to the viewer."""

    @abstractmethod
    async def purge(self, connection: Executor, chat_id: UUID, limit: int) -> bool:
        """Deletes up to `limit` rows of a deleted chat; whether there are more."""


class EmptyContents(ChatContents):
    """Without the module of the messages."""

    async def find_last(
        self, connection: Executor, viewer: UUID, last_seqs: Mapping[UUID, int]
    ) -> Mapping[UUID, bytes]:
        return {}

    async def purge(self, connection: Executor, chat_id: UUID, limit: int) -> bool:
        return False
