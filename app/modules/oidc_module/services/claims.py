"""Reads what a provider says about a person. All of it is what a stranger may have typed in there."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.modules.accounts_module.schemas import DisplayName, Email, Username
from app.modules.oidc_module.services.messages import Claims
from app.utils.canonical import fold

_EMAIL, _NAME, _USERNAME = TypeAdapter(Email), TypeAdapter(DisplayName), TypeAdapter(Username)
_NOT_OF_USERNAMES = re.compile(r"[^a-z0-9_.]+")
_LONGEST_USERNAME = 28
"""Four more characters are left for digits that make it free."""
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Person:
    """A person at a provider. `username` and `display_name` are proposals."""

    subject: str
    email: str | None
    is_verified: bool
    username: str | None
    display_name: str | None


def person_of(claims: Claims) -> Person:
    """Returns what is usable. An address counts as verified only if the provider says so in so many words."""
    email = _checked(_EMAIL, claims.email)
    is_verified = email is not None and (claims.email_verified is True or claims.email_verified == "true")
    proposals = (claims.preferred_username, claims.nickname, claims.email, claims.name)
    usernames = filter(None, map(_as_username, proposals))
    name = claims.name[:_LONGEST_NAME] if isinstance(claims.name, str) else None
    return Person(claims.sub, email, is_verified, next(usernames, None), _checked(_NAME, name))


def _as_username(proposal: Any) -> str | None:
    """Returns the nearest valid username: without accents, and of an address the part before the @."""
    if not isinstance(proposal, str):
        return None
    plain = unicodedata.normalize("NFKD", fold(proposal[:256])).partition("@")[0]
    return _checked(_USERNAME, _NOT_OF_USERNAMES.sub("", plain)[:_LONGEST_USERNAME])


def _checked(kind: TypeAdapter[str], value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        return kind.validate_python(value)
    except ValidationError:
        return None
