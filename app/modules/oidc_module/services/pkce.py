"""Proof Key for Code Exchange (RFC 7636): only who has begun a sign-in can redeem its code."""

from base64 import urlsafe_b64encode

from app.utils.secrets import hash_of


def challenge_of(verifier: str) -> str:
    """Returns the challenge of a verifier, by the method S256."""
    return urlsafe_b64encode(hash_of(verifier)).rstrip(b"=").decode()
