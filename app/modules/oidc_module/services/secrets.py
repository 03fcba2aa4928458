"""Random values, and their forms that are stored or shown."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from secrets import token_urlsafe


def new_secret() -> str:
    """Returns 256 random bits in base64url: a state, a nonce, a code or a verifier (RFC 7636, 4.1)."""
    return token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    """Returns the hash that is stored. A plain one suffices, because 256 bits cannot be guessed."""
    return sha256(secret.encode()).digest()


def challenge_of(verifier: str) -> str:
    """Returns the challenge of a verifier, by the method S256 (RFC 7636, 4.2)."""
    return urlsafe_b64encode(hash_of(verifier)).rstrip(b"=").decode()
