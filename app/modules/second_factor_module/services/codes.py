"""The codes themselves: of authenticator apps (RFC 6238), and recovery codes."""

import re
from base64 import b32encode
from datetime import datetime
from hmac import compare_digest
from secrets import token_bytes

import pyotp

RECOVERY_CODES = 10
_STEPS_OF_TOLERANCE = 1
"""Steps of 30 s that the clock of the phone may differ from the server's (RFC 6238, 5.2)."""
_IGNORED = re.compile(r"[\s-]+")
_DIGITS = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """Returns 160 random bits in base32 (RFC 4226, 4)."""
    return pyotp.random_base32()


def otpauth_url(secret: str, username: str, issuer: str) -> str:
    # A colon separates issuer and account in the label.
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=issuer.replace(":", " "))


def find_step(secret: str, code: str, at: datetime, after: int) -> int | None:
    """Returns the number of the 30 seconds that a code belongs to. None for a wrong code, and for steps up to `after`.

    `code` is normalized.
    """
    if not is_totp(code):
        return None
    totp = pyotp.TOTP(secret)
    now = totp.timecode(at)
    steps = range(max(now - _STEPS_OF_TOLERANCE, after + 1), now + _STEPS_OF_TOLERANCE + 1)
    matching = [step for step in steps if compare_digest(totp.generate_otp(step), code)]
    return matching[0] if matching else None


def normalize(code: str) -> str:
    return _IGNORED.sub("", code).lower()


def is_totp(code: str) -> bool:
    """Returns True if a normalized code may be of an authenticator app."""
    return _DIGITS.fullmatch(code) is not None


def new_recovery_codes() -> list[str]:
    """Returns codes of 120 random bits, in groups of six characters."""
    texts = [b32encode(token_bytes(15)).decode().lower() for _ in range(RECOVERY_CODES)]
    return ["-".join(text[start : start + 6] for start in range(0, len(text), 6)) for text in texts]
