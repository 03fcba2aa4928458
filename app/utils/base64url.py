"""base64url without padding, as in addresses, tokens and keys."""

from base64 import b64decode, urlsafe_b64encode


def encode(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def decode(value: str) -> bytes:
    """Decodes a value with or without padding. Raises ValueError."""
    digits = value.rstrip("=")
    try:
        if "+" in digits or "/" in digits:
            raise ValueError
        return b64decode(digits + "=" * (-len(digits) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise ValueError("must be base64url") from None
