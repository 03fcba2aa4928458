"""The ways to sign in without a password that modules contribute: an account keeps one of them, or its password."""

from datetime import UTC, datetime
from uuid import UUID

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.errors import LastSignInMethod
from app.modules.accounts_module.extension import SignInMethod
from app.modules.accounts_module.services.accounts import has_password
from app.services.context import work_context
from app.utils.container import Container
from app.utils.module import Modules


class SignInMethods:
    """The contributions of one application's modules."""

    def __init__(self, modules: Modules, container: Container) -> None:
        self._methods = modules.contributions(SignInMethod)
        self._container = container

    async def check_left(self, work: UnitOfWork, account_id: UUID) -> None:
        """Raises LastSignInMethod if nothing is left that opens the account, whose stream is locked."""
        if await has_password(work, account_id):
            return
        context = await work_context(work, self._container, datetime.now(UTC))
        for method in self._methods:
            if await method.is_set(context, account_id):
                return
        raise LastSignInMethod
