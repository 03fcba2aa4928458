"""The second factors of all modules: which of them an account has, and if a server admin needs one."""

from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from app.adapters.db.connection import Connection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import AdminCheck, SecondFactor
from app.services.context import Context, work_context
from app.services.errors import ValidationFailed
from app.utils.container import Container
from app.utils.module import Modules


class SecondFactors:
    """The contributions of one application's modules."""

    def __init__(self, modules: Modules, container: Container) -> None:
        self._factors = modules.contributions(SecondFactor)
        self._checks = modules.contributions(AdminCheck)
        self._container = container

    async def list_methods(self, connection: Connection, account_id: UUID) -> list[str]:
        """Returns the factors that the account can use. Returns none if it has none that is demanded."""
        context = self._context(connection)
        demanded = [each for each in self._factors if each.is_demanded and await each.is_set(context, account_id)]
        # Most accounts have none: the other factors are asked about for the others only.
        if not demanded:
            return []
        return [
            each.name
            for each in self._factors
            if each in demanded or (not each.is_demanded and await each.is_set(context, account_id))
        ]

    async def check_code(self, work: UnitOfWork, account_id: UUID, code: str) -> None:
        """Uses a code of a factor. Raises the factor's error, or ValidationFailed if no factor here has codes.

        The account's stream must be locked.
        """
        checks = [each.check for each in self._factors if each.check is not None]
        if not checks:
            raise ValidationFailed(("body", "code"), "this server has no second factor with codes")
        context = await work_context(work, self._container, datetime.now(UTC))
        for check in checks:
            await check(context, account_id, code)

    async def check_admin(self, connection: Connection, account_id: UUID) -> None:
        """Raises the error of a condition that a server admin does not meet."""
        for condition in self._checks:
            await condition.check(self._context(connection), account_id)

    def _context(self, connection: Connection) -> Context:
        return Context(connection, self._container, datetime.now(UTC))


def stamp_of(password_hash: str | None) -> str:
    """Returns a value that changes with the password, and reveals nothing of it."""
    return sha256((password_hash or "").encode()).hexdigest()[:32]
