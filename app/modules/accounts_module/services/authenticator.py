"""Authentication of requests by Bearer tokens. The usual case needs no query and no cryptography."""

from time import time

from app.adapters.db.database import Database
from app.modules.accounts_module.errors import InvalidToken
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.accounts_module.services.signing_secret import find_signing_secret
from app.modules.accounts_module.services.tokens import Identity, Tokens
from app.settings.auth_settings import AuthSettings

_MAX_CACHED = 20_000
"""Maximum number of verified tokens in memory, about 1 KB each."""


class Authenticator:
    """Finds the identity that a token belongs to. Caches verified tokens until they expire."""

    def __init__(self, settings: AuthSettings, database: Database, revocations: Revocations) -> None:
        self._settings = settings
        self._database = database
        self._revocations = revocations
        self._tokens: Tokens | None = None
        self._verified: dict[str, tuple[Identity, float]] = {}

    async def tokens(self) -> Tokens:
        """Returns the signer. Its secret is read at the first use: the database may be down when the server starts."""
        if self._tokens is None:
            secret = await find_signing_secret(self._settings, self._database)
            self._tokens = Tokens(secret, self._settings)
        return self._tokens

    async def identify(self, token: str) -> Identity:
        """Returns the caller. Raises InvalidToken for a foreign or expired token, and if its session has ended."""
        known = self._verified.get(token)
        if known is None:
            known = (await self.tokens()).read_access(token)
            if len(self._verified) >= _MAX_CACHED:
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
