"""Asks other modules whether a session may still be refreshed."""

from uuid import UUID

from app.adapters.db.database import Database
from app.modules.accounts_module.db.cruds.sessions import find_origin
from app.modules.accounts_module.extension import RefreshCheck
from app.utils.container import Container
from app.utils.module import Modules


class RefreshChecks:
    """The checks of one application's modules."""

    def __init__(self, database: Database, modules: Modules, container: Container) -> None:
        self._database = database
        self._checks = {check.name: check for check in modules.contributions(RefreshCheck)}
        self._container = container

    async def is_valid(self, session_id: UUID) -> bool:
        """Returns False if what the session depends on is not valid any more. Most sessions depend on nothing.

        If the module that knows is switched off, nothing vouches for the session.
        """
        async with self._database.connection() as connection:
            origin = await find_origin(connection, session_id)
        if origin is None:
            return True
        name, _, origin_id = origin.partition(":")
        check = self._checks.get(name)
        return check is not None and await check.is_valid(self._container, UUID(origin_id))
