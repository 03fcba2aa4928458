"""The fields of chats that other modules contribute, and read positions that are hidden from a viewer."""

from collections.abc import Sequence
from uuid import UUID

from app.adapters.db.connection import Connection
from app.modules.accounts_module.services.presence_filters import PresenceFilters
from app.modules.chats_module.db.cruds.views import ChatQueries, read_visible_positions
from app.modules.chats_module.extension import ChatPart
from app.services.parts import Parts
from app.utils.container import Container


class ChatParts(Parts):
    """Computes the contributed fields of chats. `queries` read chats with those that the database computes."""

    def __init__(self, parts: Sequence[ChatPart], container: Container) -> None:
        in_sql = {part.name: part.sql for part in parts if part.sql is not None}
        super().__init__(parts, container, read_by_host=in_sql)
        self.queries = ChatQueries(in_sql)
        self._filters = container.get(PresenceFilters)

    async def read_visible_positions(
        self, connection: Connection, viewer: UUID, chat_ids: Sequence[UUID]
    ) -> dict[UUID, int]:
        """Returns `others_read_seq` of those of the chats with a member who hides read positions from the viewer."""
        hidden = await self._filters.list_all_hidden(connection, viewer) if chat_ids else ()
        return await read_visible_positions(connection, viewer, chat_ids, hidden) if hidden else {}
