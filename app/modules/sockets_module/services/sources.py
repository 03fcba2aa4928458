"""All streams that an account may read: its own, and those that modules contribute."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from app.adapters.db.database import Database
from app.modules.accounts_module.services.event_scopes import EventScopes
from app.modules.sockets_module.extension import FindJoined, LeftStream, ReadableStream, StreamSource
from app.modules.streams_module.services.log import find_head
from app.modules.streams_module.services.reader import MAY_END
from app.services.context import Context
from app.utils.container import Container


class Sources:
    """Calls all contributed stream sources, over one connection."""

    def __init__(self, sources: Sequence[StreamSource], container: Container) -> None:
        self._sources = sources
        self._container = container
        self._database = container.get(Database)
        self.own_reader_of = container.get(EventScopes).reader_of
        self.joins: Mapping[str, FindJoined] = {kind: find for one in sources for kind, find in one.joins.items()}
        # Kinds of events that may change which streams an account may read.
        self.changes = frozenset((*self.joins, *MAY_END))

    async def list_streams(self, account_id: UUID) -> Sequence[ReadableStream]:
        """Returns the streams that the account may read now, its own first.

        Its own stream is read first. So a stream joined between the reads is announced by an event after that head.
        """
        async with self._context() as context:
            own = await find_head(context.connection, account_id)
            streams = [ReadableStream(account_id, *own)] if own is not None else []
            for source in self._sources:
                streams += await source.list_streams(context, account_id)
        return streams

    async def list_left(self, account_id: UUID, stream_ids: Sequence[UUID]) -> Sequence[LeftStream]:
        """Returns those of the streams that the account has left, with the events that it may still read."""
        left: list[LeftStream] = []
        async with self._context() as context:
            for source in self._sources:
                if source.list_left is not None:
                    left += await source.list_left(context, account_id, stream_ids)
        return left

    async def list_audience(self, account_id: UUID, most: int) -> Sequence[UUID]:
        """Returns the streams whose followers are notified of the account's presence: up to `most` readers a source."""
        audience: list[UUID] = []
        async with self._context() as context:
            for source in self._sources:
                if source.list_audience is not None:
                    audience += await source.list_audience(context, account_id, most)
        return audience

    @asynccontextmanager
    async def _context(self) -> AsyncIterator[Context]:
        async with self._database.connection() as connection:
            yield Context(connection, self._container, datetime.now(UTC))
