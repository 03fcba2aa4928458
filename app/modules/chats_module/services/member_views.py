"""Members as they are shown, with the fields that other modules contribute to accounts.

Read positions that are hidden from the viewer are 0.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.services.parts import AccountParts
from app.modules.accounts_module.services.presence_filters import PresenceFilters
from app.modules.chats_module.schemas import MemberRead

_UNREAD = {"read_seq": 0}


class MemberViews:
    """Builds the members in responses, from rows and contributed fields."""

    def __init__(self, model: type[MemberRead], parts: AccountParts, filters: PresenceFilters) -> None:
        self._model = model
        self._parts = parts
        self._filters = filters

    async def view(self, work: UnitOfWork, viewer: UUID, rows: Sequence[Any]) -> list[MemberRead]:
        raw = await work.raw()
        ids = [row.account_id for row in rows]
        described = await self._parts.describe(raw, viewer, ids)
        hidden = await self._filters.list_hidden(raw, viewer, ids)
        return [
            self._model.model_validate({**row._mapping, **(_UNREAD if row.account_id in hidden else {}), **more})
            for row, more in zip(rows, described, strict=True)
        ]
