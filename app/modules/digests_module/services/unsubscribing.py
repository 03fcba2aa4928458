"""Turns digests off by the link of a mail, without a sign-in (RFC 8058)."""

from uuid import UUID

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.services.accounts import list_existing_accounts
from app.modules.accounts_module.services.signing import Signer
from app.modules.digests_module.schemas import EMAIL
from app.modules.notifications_module.schemas import notification_models
from app.modules.notifications_module.services.settings import change_settings
from app.modules.streams_module.services.log import Log
from app.utils.module import Modules


class UnsubscribeLinks:
    """Makes and reads the links. A link is valid as long as the secret that signs it: the mail may be old."""

    def __init__(self, signer: Signer, base: str) -> None:
        self._signer = signer
        self._base = base

    async def make(self, account_id: UUID) -> str:
        """Returns the link of an account. Call it outside a unit of work: it may need another connection."""
        return self._base + await self._signer.sign(account_id.bytes)

    async def read(self, token: str) -> UUID | None:
        """Returns the account that a token belongs to. None for a token that is not ours."""
        signed = await self._signer.read(token)
        return None if signed is None else UUID(bytes=signed)


async def turn_off(work: UnitOfWork, log: Log, modules: Modules, account_id: UUID) -> None:
    """Changes the setting `email` to `none`. Does nothing for an account that is erased."""
    await log.lock(work, accounts=[account_id])
    if await list_existing_accounts(await work.raw(), {account_id}):
        changes = notification_models(modules).update.model_validate({EMAIL.name: "none"})
        await change_settings(work, log, modules, account_id, changes)
