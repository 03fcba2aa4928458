"""Turns digests off by the link of a mail, without a sign-in (RFC 8058)."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.services.accounts import list_existing_accounts
from app.modules.accounts_module.services.signing_secret import derive_key
from app.modules.digests_module.schemas import EMAIL
from app.modules.notifications_module.schemas import notification_models
from app.modules.notifications_module.services.settings import change_settings
from app.modules.streams_module.services.log import Log
from app.settings.app_settings import AppSettings
from app.settings.auth_settings import AuthSettings
from app.utils.module import Modules

_PURPOSE = b"unsubscribing from digests"
_HALF = 16
"""Bytes of the account's id, and of the signature."""


class UnsubscribeLinks:
    """Makes and reads the links. A link is valid as long as the secret that signs it: the mail may be old."""

    def __init__(self, app: AppSettings, auth: AuthSettings, database: Database) -> None:
        self._base = f"{app.public_url}{app.prefix}/digests/unsubscribe/"
        self._auth = auth
        self._database = database
        self._key: bytes | None = None

    async def make(self, account_id: UUID) -> str:
        """Returns the link of an account. Call it outside a unit of work: it may need another connection."""
        return self._base + _encode(account_id.bytes + await self._sign(account_id.bytes))

    async def read(self, token: str) -> UUID | None:
        """Returns the account that a token belongs to. None for a token that is not ours."""
        try:
            signed = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        except ValueError:
            return None
        # Unused bits of the last character are not signed.
        if _encode(signed) != token:
            return None
        owner, signature = signed[:_HALF], signed[_HALF:]
        return UUID(bytes=owner) if hmac.compare_digest(signature, await self._sign(owner)) else None

    async def _sign(self, owner: bytes) -> bytes:
        if self._key is None:
            self._key = await derive_key(self._auth, self._database, _PURPOSE)
        return hmac.digest(self._key, owner, "sha256")[:_HALF]


def _encode(signed: bytes) -> str:
    return urlsafe_b64encode(signed).rstrip(b"=").decode()


async def turn_off(work: UnitOfWork, log: Log, modules: Modules, account_id: UUID) -> None:
    """Changes the setting `email` to `none`. Does nothing for an account that is erased."""
    await log.lock(work, accounts=[account_id])
    if await list_existing_accounts(await work.raw(), {account_id}):
        changes = notification_models(modules).update.model_validate({EMAIL.name: "none"})
        await change_settings(work, log, modules, account_id, changes)
