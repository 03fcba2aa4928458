"""Turns a bearer token into an identity; the usual case costs no query and no cryptography."""

from time import time

from app.adapters.db.database import Database
from app.modules.accounts_module.errors import InvalidToken
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.accounts_module.services.signing_secret import find_signing_secret
from app.modules.accounts_module.services.tokens import Identity, Tokens
from app.settings.auth_settings import AuthSettings

_REMEMBERED = 20_000
"""Verified tokens kept at the most, about 1 KB each."""


class Authenticator:
    """Who is calling. Remembers the tokens that it has verified until they run out."""

    def __init__(self, settings: AuthSettings, database: Database, revocations: Revocations) -> None:
        self._settings = settings
        self._database = database
        self._revocations = revocations
        self._tokens: Tokens | None = None
        self._verified: dict[str, tuple[Identity, float]] = {}

    async def tokens(self) -> Tokens:
        """The signer. Its secret is read at the first use: the database may be away when the server starts."""
        if self._tokens is None:
            secret = await find_signing_secret(self._settings, self._database)
            self._tokens = Tokens(secret, self._settings)
        return self._tokens

    async def identify(self, token: str) -> Identity:
        """Raises InvalidToken for a token that is not ours, has run out, or whose session has ended."""
        known = self._verified.get(token)
        if known is None:
            known = (await self.tokens()).read_access(token)
            if len(self._verified) >= _REMEMBERED:
                self._verified.clear()
            self._verified[token] = known
        identity, expires_at = known
        if expires_at <= time():
            self._verified.pop(token, None)
            raise InvalidToken
        if not self._revocations.are_known:
            await self._revocations.catch_up()
        if identity.session_id in self._revocations:
            raise InvalidToken
        return identity
