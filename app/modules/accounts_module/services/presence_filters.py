"""Which accounts are hidden from a viewer: their presence, typing and read positions."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.adapters.base.bus import Bus
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.accounts_module.extension import PresenceFilter
from app.services.context import Context
from app.utils.container import Container
from app.utils.module import Modules

_CHANGED = "presence.hidden"
_NONE: frozenset[UUID] = frozenset()


class PresenceFilters:
    """The filters of one application's modules."""

    def __init__(self, modules: Modules, container: Container) -> None:
        self._filters = modules.contributions(PresenceFilter)
        self._container = container
        self._database = container.get(Database)
        self._bus: Bus = container.get(Bus)  # type: ignore[type-abstract]

    async def list_hidden(self, connection: Connection, viewer: UUID, account_ids: Collection[UUID]) -> frozenset[UUID]:
        """Returns those of the accounts that are hidden from the viewer."""
        return await self._list(connection, viewer, account_ids) if self._filters and account_ids else _NONE

    async def list_all_hidden(self, connection: Connection, viewer: UUID, limit: int | None = None) -> frozenset[UUID]:
        """Returns all accounts that are hidden from the viewer. If there are more than `limit`, at least so many."""
        return await self._list(connection, viewer, None, limit) if self._filters else _NONE

    async def read_all_hidden(self, viewer: UUID) -> frozenset[UUID]:
        """Returns what `list_all_hidden` returns, read over a connection of its own."""
        if not self._filters:
            return _NONE
        async with self._database.connection() as connection:
            return await self.list_all_hidden(connection, viewer)

    async def _list(
        self, connection: Connection, viewer: UUID, account_ids: Collection[UUID] | None, limit: int | None = None
    ) -> frozenset[UUID]:
        context = Context(connection, self._container, datetime.now(UTC))
        hidden: set[UUID] = set()
        for contributed in self._filters:
            hidden |= set(await contributed.list_hidden(context, viewer, account_ids, limit))
        return frozenset(hidden)

    def announce(self, viewer: UUID) -> None:
        """Notifies all processes that other accounts are hidden from the viewer now. Called after the commit."""
        self._bus.notify(_CHANGED, {"account_id": str(viewer)})

    def on_change(self, listener: Callable[[UUID | None], None]) -> None:
        """Calls `listener` with the viewer of each change; with None if notifications may have been missed."""

        def changed(data: Mapping[str, Any]) -> None:
            listener(UUID(data["account_id"]))

        self._bus.on_notification(_CHANGED, changed)
        self._bus.on_reconnect(lambda: listener(None))
