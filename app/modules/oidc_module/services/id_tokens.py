"""Verifies ID tokens (OpenID Connect Core 1.0, 3.1.3.7)."""

from collections.abc import Iterable, Mapping
from hmac import compare_digest
from typing import Any

import jwt

from app.modules.oidc_module.services.refusals import Refused

ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
"""Signatures with a private key only. A secret (HS256) is none: the public key would pass for it."""
_CLOCK_SKEW = 60
"""Seconds that the provider's clock may differ."""


def key_id_of(token: str) -> str | None:
    """Returns the id of the key that the token claims to be signed with. Raises Refused for what is no token.

    Nothing else in its header is used. `jku`, `jwk`, `x5u` and `x5c` would let the token bring a key of its own.
    """
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise Refused("the ID token is no token") from None
    if header.get("alg") not in ALGORITHMS:
        raise Refused("the ID token is not signed by an asymmetric algorithm that is accepted")
    kid = header.get("kid")
    return kid if isinstance(kid, str) else None


def select_keys(keys: Iterable[Mapping[str, Any]], kid: str | None) -> list[Mapping[str, Any]]:
    """Returns the signing keys with this id; without an id, all of them."""
    signing = [key for key in keys if key.get("use", "sig") == "sig" and key.get("kty") != "oct"]
    return signing if kid is None else [key for key in signing if key.get("kid") == kid]


def verify(token: str, keys: Iterable[Mapping[str, Any]], issuer: str, client_id: str) -> dict[str, Any]:
    """Returns the claims of a token that the issuer has signed for this client. Raises Refused.

    `keys` are the issuer's own ones that the token may be signed with.
    """
    reason = "the provider has no such key"
    algorithm = jwt.get_unverified_header(token)["alg"]
    for key in keys:
        if key.get("alg", algorithm) != algorithm:
            continue
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                jwt.PyJWK(dict(key), algorithm),
                algorithms=[algorithm],
                audience=client_id,
                issuer=issuer,
                leeway=_CLOCK_SKEW,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            reason = f"{type(error).__name__}: {error}"
            continue
        _check_party(claims, client_id)
        return claims
    raise Refused(f"the ID token is not valid: {reason}")


def check_nonce(claims: Mapping[str, Any], nonce: str) -> None:
    """Raises Refused for a token that was not made for this sign-in."""
    given = claims.get("nonce")
    if not isinstance(given, str) or not compare_digest(given.encode(), nonce.encode()):
        raise Refused("the ID token was made for another sign-in")


def _check_party(claims: Mapping[str, Any], client_id: str) -> None:
    party, audience = claims.get("azp"), claims["aud"]
    is_shared = isinstance(audience, list) and len(audience) > 1
    if (party is None and is_shared) or party not in (None, client_id):
        raise Refused("the ID token was made for another client")
