"""Accounts as they are shown, with the fields that other modules contribute."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.adapters.db.connection import Connection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import AccountPart, public_parts
from app.modules.accounts_module.schemas import AccountMe, AccountPublic, account_models
from app.modules.accounts_module.services.presence_filters import PresenceFilters
from app.services.parts import Parts
from app.utils.container import Container
from app.utils.module import Modules

_ABSENT = {"online": False, "last_seen_at": None}
"""The presence of an account whose presence is hidden from the viewer."""


class AccountParts(Parts):
    """Computes the contributed fields and builds the responses that contain them."""

    def __init__(self, modules: Modules, container: Container) -> None:
        super().__init__(public_parts(modules), container)
        own = modules.contributions(AccountPart)
        self._own = Parts(own, container)
        self._guarded = {part.name for part in own if part.needs_recent_sign_in}
        self._models = account_models(modules)
        self._filters = container.get(PresenceFilters)

    async def view_me(self, connection: Connection, account: Mapping[str, Any]) -> AccountMe:
        (described,) = await self._own.describe(connection, account["id"], [account["id"]])
        return self._models.me(**account, **described)

    def need_recent_sign_in(self, names: set[str]) -> bool:
        """Returns True if only a session of the last 10 minutes may set fields with these names."""
        return not self._guarded.isdisjoint(names)

    async def apply(self, work: UnitOfWork, ids: tuple[UUID, ...], changes: Mapping[str, Any]) -> bool:
        return await self._own.apply(work, ids, changes)

    async def view_profiles(
        self, connection: Connection, viewer: UUID, people: Sequence[Mapping[str, Any]]
    ) -> list[AccountPublic]:
        ids = [person["id"] for person in people]
        described = await self.describe(connection, viewer, ids)
        hidden = await self._filters.list_hidden(connection, viewer, ids)
        model = self._models.public
        return [
            model.model_validate({**person, **(_ABSENT if person["id"] in hidden else {}), **more})
            for person, more in zip(people, described, strict=True)
        ]
