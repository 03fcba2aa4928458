"""Signed addresses: a few bytes and their signature, in a path."""

import hmac

from app.adapters.db.database import Database
from app.modules.accounts_module.services.signing_secret import derive_key
from app.settings.auth_settings import AuthSettings
from app.utils import base64url

_SIGNATURE = 16


class Signer:
    """Signs and checks. The key comes from the secret of the tokens and a purpose, the same for all processes."""

    def __init__(self, settings: AuthSettings, database: Database, purpose: bytes) -> None:
        self._settings = settings
        self._database = database
        self._purpose = purpose
        self._key: bytes | None = None

    async def sign(self, body: bytes) -> str:
        """Returns a token that fits into a path."""
        return base64url.encode(body + _sign(await self._find_key(), body))

    async def read(self, token: str) -> bytes | None:
        """Returns what was signed. None for a token that is not ours."""
        key = await self._find_key()
        try:
            data = base64url.decode(token)
        except ValueError:
            return None
        # Unused bits of the last character are not signed.
        if base64url.encode(data) != token:
            return None
        body, signature = data[:-_SIGNATURE], data[-_SIGNATURE:]
        return body if hmac.compare_digest(_sign(key, body), signature) else None

    async def _find_key(self) -> bytes:
        if self._key is None:
            self._key = await derive_key(self._settings, self._database, self._purpose)
        return self._key


def _sign(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, body, "sha256")[:_SIGNATURE]
