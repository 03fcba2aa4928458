"""Proof Key for Code Exchange (RFC 7636): only who has begun a sign-in can redeem its code."""

from app.utils import base64url
from app.utils.secrets import hash_of


def challenge_of(verifier: str) -> str:
    """Returns the challenge of a verifier, by the method S256."""
    return base64url.encode(hash_of(verifier))
