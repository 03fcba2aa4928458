"""Random secrets, and what is stored of them."""

from hashlib import sha256
from secrets import token_urlsafe


def new_secret() -> str:
    """Returns 256 random bits in base64url."""
    return token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    """Returns the hash that is stored. A plain one suffices, because the random bits cannot be guessed."""
    return sha256(secret.encode()).digest()
