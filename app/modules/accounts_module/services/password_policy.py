"""The rules for new passwords: common ones, the account's own names, and too short ones are refused."""

import gzip
from functools import cache
from pathlib import Path

from app.modules.accounts_module.schemas import MIN_PASSWORD
from app.modules.accounts_module.services.passwords import normalize_password
from app.services.errors import ValidationFailed
from app.utils.canonical import canonical_email, fold

_COMMON = Path(__file__).with_name("common_passwords.txt.gz")
"""Those of the 20,000 most leaked passwords that have 8 characters or more. Made by tests/common_passwords.py."""
_KEYS = str.maketrans("йцукенгшщзхъфывапролджэячсмитьбю", "qwertyuiop[]asdfghjkl;'zxcvbnm,.")
"""Russian letters and the Latin letters on the same keys: йцукенгш is typed like qwertyui."""


def check_password(password: str, field: str, *, username: str, email: str) -> None:
    """Raises ValidationFailed, naming the body's `field`, for a password that an attacker would try first.

    The length is checked after normalization, which can shorten a password.
    """
    normalized = normalize_password(password)
    if len(normalized) < MIN_PASSWORD:
        raise ValidationFailed(("body", field), f"a password has {MIN_PASSWORD} characters or more", "string_too_short")
    tried = fold(normalized)
    if tried in (username, fold(email), canonical_email(email), fold(email).rpartition("@")[0]):
        raise ValidationFailed(("body", field), "a password must not be the username or the email", "password_is_name")
    if not _list_common().isdisjoint((tried, tried.translate(_KEYS))):
        raise ValidationFailed(("body", field), "this is one of the most common passwords", "password_is_common")


@cache
def _list_common() -> frozenset[str]:
    return frozenset(gzip.decompress(_COMMON.read_bytes()).decode().split())
