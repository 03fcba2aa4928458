"""Members as they are shown, with the fields that other modules contribute to accounts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.services.parts import AccountParts
from app.modules.chats_module.schemas import MemberRead


class MemberViews:
    """Builds the members in responses, from rows and contributed fields."""

    def __init__(self, model: type[MemberRead], parts: AccountParts) -> None:
        self._model = model
        self._parts = parts

    async def view(self, work: UnitOfWork, viewer: UUID, rows: Sequence[Any]) -> list[MemberRead]:
        described = await self._parts.describe(await work.raw(), viewer, [row.account_id for row in rows])
        return [self._model.model_validate({**row._mapping, **more}) for row, more in zip(rows, described, strict=True)]
