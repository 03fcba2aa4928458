"""Authentication of requests by Bearer tokens. The usual case needs no query and no cryptography."""

from collections.abc import Sequence
from datetime import UTC, datetime
from time import time

from app.adapters.db.database import Database
from app.modules.accounts_module.errors import InvalidToken, ScopeMissing
from app.modules.accounts_module.extension import BearerKind, Identity
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.accounts_module.services.signing_secret import find_signing_secret
from app.modules.accounts_module.services.tokens import Tokens
from app.services.context import Context
from app.services.rate_limits import RateLimits, network_of
from app.settings.auth_settings import AuthSettings
from app.settings.limits_settings import ADDRESS
from app.utils.container import Container

_MAX_CACHED = 20_000
"""Maximum number of verified tokens in memory, about 1 KB each."""
_KIND_CACHED = 30.0
"""Seconds for which the result of a BearerKind is used. Revocations are kept in memory for longer."""


class Authenticator:
    """Finds the identity that a token belongs to. Caches verified tokens until they expire."""

    def __init__(
        self,
        settings: AuthSettings,
        database: Database,
        revocations: Revocations,
        kinds: Sequence[BearerKind] = (),
        container: Container | None = None,
    ) -> None:
        self._settings = settings
        self._database = database
        self._revocations = revocations
        self._kinds = kinds
        self._container = container or Container()
        self._tokens: Tokens | None = None
        self._verified: dict[str, tuple[Identity, float]] = {}
        # The rows of erased accounts, and with them their revocations, may be gone.
        revocations.on_gap(self._verified.clear)

    async def tokens(self) -> Tokens:
        """Returns the signer. Its secret is read at the first use: the database may be down when the server starts."""
        if self._tokens is None:
            secret = await find_signing_secret(self._settings, self._database)
            self._tokens = Tokens(secret, self._settings)
        return self._tokens

    async def identify(self, token: str, address: str | None = None) -> Identity:
        """Returns the caller. Raises InvalidToken for a foreign or expired token, and if its session has ended.

        With the address of a client, the queries for its unknown tokens are limited. Raises RateLimited.
        """
        known = self._verified.get(token)
        if known is not None and not self._revocations.are_known:
            await self._revocations.catch_up()
            known = self._verified.get(token)
        if known is None or known[1] <= time():
            # Programs with known keys do not wait because of strangers in their network.
            self._verified.pop(token, None)
            known = await self._verify(token, address if known is None else None)
            if len(self._verified) >= _MAX_CACHED:
                self._verified.clear()
            self._verified[token] = known
        identity, _ = known
        await self.check_live(identity)
        return identity

    async def check_live(self, identity: Identity) -> None:
        """Raises InvalidToken if the session has ended."""
        if not self._revocations.are_known:
            await self._revocations.catch_up()
        if identity.session_id in self._revocations:
            raise InvalidToken

    async def _verify(self, token: str, address: str | None) -> tuple[Identity, float]:
        """Returns the caller, and the Unix time until which the result may be used.

        Raises InvalidToken, or RateLimited before the query for a token of a BearerKind.
        """
        for kind in self._kinds:
            if token.startswith(kind.prefix):
                if address is not None:
                    self._container.get(RateLimits).hit(ADDRESS, f"unknown tokens from {network_of(address)}")
                async with self._database.connection() as connection:
                    context = Context(connection, self._container, datetime.now(UTC))
                    identity, expires_at = await kind.identify(context, token)
                usable_until = time() + _KIND_CACHED
                return identity, usable_until if expires_at is None else min(expires_at.timestamp(), usable_until)
        return (await self.tokens()).read_access(token)


def check_scope(identity: Identity, scope: str | None) -> None:
    """Raises ScopeMissing if the token is limited to scopes, and this is none of them. None is never one of them."""
    if identity.scopes is not None and scope not in identity.scopes:
        error = ScopeMissing(f"This needs the scope {scope}" if scope else "This is closed to API keys")
        needed = f', scope="{scope}"' if scope else ""
        error.headers["WWW-Authenticate"] = f'Bearer error="insufficient_scope"{needed}'
        raise error
