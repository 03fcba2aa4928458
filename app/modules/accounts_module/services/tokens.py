"""Signed tokens (JWT) for access, refresh, known devices and unfinished sign-ins. Verifying one needs no query."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import time
from typing import Any
from uuid import UUID, uuid4

import jwt

from app.modules.accounts_module.errors import InvalidToken
from app.modules.accounts_module.extension import Identity
from app.settings.auth_settings import AuthSettings

_ALGORITHM = "HS256"
_AUDIENCE = "messenger"
_DEVICE_LIFETIME = timedelta(days=365)
_TICKET_LIFETIME = timedelta(minutes=10)
_MAX_CLOCK_SKEW = 60
"""Seconds that the clock of one server may be ahead of another's."""


@dataclass(frozen=True, slots=True)
class RefreshClaim:
    """The session that a refresh token belongs to, and the number of the token in it."""

    session_id: UUID
    generation: int
    is_expired: bool


@dataclass(frozen=True, slots=True)
class DeviceClaim:
    """A device that the account has signed in from.

    `origin` says what the sign-in depends on beside this server (`RefreshCheck`). It is no part of a device token.
    """

    account_id: UUID
    device_id: UUID
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class TicketClaim:
    """A sign-in that lacks the second factor, after the right password or what replaces it.

    `stamp` changes with the password. `grant` replaced it, with `fields`: it is used when the sign-in is complete.
    """

    device: DeviceClaim
    stamp: str
    grant: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


class Tokens:
    """Makes and reads the four kinds of tokens. A token of one kind is refused as any other."""

    def __init__(self, secret: str, settings: AuthSettings) -> None:
        self._secret = secret
        self.settings = settings

    def make_access(self, identity: Identity, issued_at: datetime, expires_at: datetime) -> str:
        claims = {"sub": str(identity.account_id), "sid": str(identity.session_id)}
        return self._sign("access", claims, issued_at, expires_at)

    def make_refresh(self, session_id: UUID, generation: int, issued_at: datetime, expires_at: datetime) -> str:
        return self._sign("refresh", {"sid": str(session_id), "gen": generation}, issued_at, expires_at)

    def make_device(self, claim: DeviceClaim, issued_at: datetime) -> str:
        claims = {"sub": str(claim.account_id), "did": str(claim.device_id)}
        return self._sign("device", claims, issued_at, issued_at + _DEVICE_LIFETIME)

    def make_ticket(self, claim: TicketClaim, issued_at: datetime) -> str:
        device = claim.device
        claims: dict[str, Any] = {"sub": str(device.account_id), "did": str(device.device_id), "stamp": claim.stamp}
        if claim.grant is not None:
            claims |= {"grant": claim.grant, "fields": dict(claim.fields)}
        return self._sign("ticket", claims, issued_at, issued_at + _TICKET_LIFETIME)

    def read_ticket(self, token: str) -> TicketClaim:
        claims = self._verify("ticket", token)
        try:
            device = DeviceClaim(UUID(claims["sub"]), UUID(claims["did"]))
            return TicketClaim(device, str(claims["stamp"]), claims.get("grant"), claims.get("fields", {}))
        except (KeyError, ValueError, TypeError, AttributeError):
            raise InvalidToken from None

    def read_access(self, token: str) -> tuple[Identity, float]:
        """Returns the identity and the Unix time at which the token expires. Raises InvalidToken.

        A token that was signed for longer than the present lifetime expires with that one: for so long ended sessions
        are remembered.
        """
        claims = self._verify("access", token)
        try:
            identity = Identity(UUID(claims["sub"]), UUID(claims["sid"]))
            expires_at = min(float(claims["exp"]), claims["iat"] + self.settings.access_lifetime.total_seconds())
        except (KeyError, ValueError, TypeError, AttributeError):
            raise InvalidToken from None
        if expires_at <= time():
            raise InvalidToken
        return identity, expires_at

    def read_refresh(self, token: str) -> RefreshClaim:
        """Returns the claim, also of an expired token: it may be a copy of a spent one. Raises InvalidToken."""
        claims = self._verify("refresh", token, may_be_expired=True)
        try:
            return RefreshClaim(UUID(claims["sid"]), int(claims["gen"]), is_expired=float(claims["exp"]) <= time())
        except (KeyError, ValueError, TypeError, AttributeError):
            raise InvalidToken from None

    def find_device(self, token: str | None) -> DeviceClaim | None:
        """Returns None for any string that is not a valid device token.

        That is no error: the token grants no access. A client without it is treated as an unknown device.
        """
        try:
            claims = self._verify("device", token or "")
            return DeviceClaim(UUID(claims["sub"]), UUID(claims["did"]))
        except (InvalidToken, KeyError, ValueError, TypeError, AttributeError):
            return None

    def _sign(self, kind: str, claims: dict[str, Any], issued_at: datetime, expires_at: datetime) -> str:
        """Returns the same string for the same arguments."""
        standard = {"aud": _AUDIENCE, "iat": issued_at, "exp": expires_at}
        # The kind is in the header's `typ`, which is signed as well.
        return jwt.encode(claims | standard, self._secret, algorithm=_ALGORITHM, headers={"typ": f"{kind}+jwt"})

    def _verify(self, kind: str, token: str, *, may_be_expired: bool = False) -> dict[str, Any]:
        try:
            decoded = jwt.decode_complete(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                # `iat` is checked below with a tolerance. The library has none: it would refuse tokens that were
                # signed by a server whose clock is ahead.
                options={"require": ["exp", "iat", "aud"], "verify_iat": False, "verify_exp": not may_be_expired},
            )
        except (jwt.PyJWTError, ValueError):
            raise InvalidToken from None
        if decoded["header"].get("typ") != f"{kind}+jwt":
            raise InvalidToken
        payload: dict[str, Any] = decoded["payload"]
        made_at = payload["iat"]
        if not isinstance(made_at, int | float) or made_at > time() + _MAX_CLOCK_SKEW:
            raise InvalidToken
        return payload


def known_device(tokens: Tokens, account_id: UUID, device_token: str | None) -> DeviceClaim:
    """Returns the device of a device token of this account, or else a new one."""
    known = tokens.find_device(device_token)
    return known if known is not None and known.account_id == account_id else DeviceClaim(account_id, uuid4())
