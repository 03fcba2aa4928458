"""Calls what other modules do when an account signs in."""

from datetime import UTC, datetime
from uuid import UUID

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import SignInHook
from app.services.context import work_context
from app.utils.container import Container
from app.utils.module import Modules


class SignInHooks:
    """The hooks of one application's modules."""

    def __init__(self, modules: Modules, container: Container) -> None:
        self._hooks = modules.contributions(SignInHook)
        self._container = container

    async def run(self, work: UnitOfWork, account_id: UUID) -> None:
        """Calls all hooks. If one raises, no session is opened."""
        context = await work_context(work, self._container, datetime.now(UTC))
        for hook in self._hooks:
            await hook.run(context, account_id)
