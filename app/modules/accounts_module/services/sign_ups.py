"""Sign-ups: who may sign up, and if at once or by a mail."""

from datetime import UTC, datetime

from loguru import logger

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.errors import SignUpClosed
from app.modules.accounts_module.extension import NewAccountWithPassword, VerifiedSignUp
from app.modules.accounts_module.schemas import AccountSignedUp
from app.modules.accounts_module.services.hooks import run_sign_up_hooks
from app.modules.accounts_module.services.new_accounts import create_account
from app.modules.accounts_module.services.usernames import check_free
from app.modules.streams_module.services.log import Log
from app.services.context import work_context
from app.settings.auth_settings import AuthSettings
from app.utils.container import Container
from app.utils.module import Modules


class SignUps:
    """Signs up accounts as AUTH_SIGN_UP says, with the contributions of one application's modules."""

    def __init__(self, settings: AuthSettings, modules: Modules, container: Container) -> None:
        self._verified = modules.contributions(VerifiedSignUp)
        self._mode = settings.sign_up
        self._container = container
        if self._mode == "verified" and not self._verified:
            logger.warning("AUTH_SIGN_UP=verified needs a module that sends mails; until then sign-up is closed")

    @property
    def are_open(self) -> bool:
        """Returns True if clients may sign up."""
        return self._mode == "open" or (self._mode == "verified" and bool(self._verified))

    def check_open(self, *, by_admin: bool) -> None:
        """Raises SignUpClosed if the caller may not create accounts."""
        if not by_admin and not self.are_open:
            raise SignUpClosed

    async def sign_up(
        self, work: UnitOfWork, log: Log, account: NewAccountWithPassword, *, by_admin: bool
    ) -> AccountSignedUp | None:
        """Creates an account. Returns None if its address has to be verified before.

        Raises UsernameTaken, or EmailTaken if the address does not have to be verified.
        """
        if by_admin or self._mode == "open":
            created = await create_account(work, log, account)
            await run_sign_up_hooks(work, self._container, created.id)
            return AccountSignedUp.model_validate(created)
        await check_free(work, account.username)
        context = await work_context(work, self._container, datetime.now(UTC))
        for contribution in self._verified:
            await contribution.begin(context, account)
        return None
