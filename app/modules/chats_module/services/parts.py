"""The fields of chats that other modules contribute, and read positions that are hidden from a viewer."""

from collections.abc import Sequence
from uuid import UUID

from app.adapters.db.connection import Connection
from app.modules.accounts_module.services.presence_filters import PresenceFilters
from app.modules.chats_module.db.cruds.views import MAX_HIDDEN, ChatQueries
from app.modules.chats_module.extension import ChatPart
from app.services.parts import Parts
from app.utils.container import Container


class ChatParts(Parts):
    """Computes the contributed fields of chats. `queries` read chats with those that the database computes."""

    def __init__(self, parts: Sequence[ChatPart], container: Container) -> None:
        in_sql = {part.name: (part.sql, part.empty) for part in parts if part.sql is not None}
        super().__init__(parts, container, read_by_host=in_sql)
        self.queries = ChatQueries(in_sql)
        self._filters = container.get(PresenceFilters)

    async def list_hidden(self, connection: Connection, viewer: UUID) -> frozenset[UUID]:
        """Returns the accounts whose read positions the viewer must not see, or more than MAX_HIDDEN of them."""
        return await self._filters.list_all_hidden(connection, viewer, MAX_HIDDEN + 1)
