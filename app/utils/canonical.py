"""The one canonical form of names and addresses: for look-up, uniqueness, limits and search.

PostgreSQL compares what is computed here and never folds case itself: its idea of lower case depends on its locale.
Whoever changes a function changes the rows too, by a migration.
"""

import unicodedata
from zlib import crc32

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, ValidatedEmail, validate_email

from app.utils.texts import without_ignored

# A private server may use a domain that the internet does not know, `.local` or `.test`. The library documents this
# list as changeable.
SPECIAL_USE_DOMAIN_NAMES.clear()

_GRAM_SIZES = (1, 2)
_LONGEST_EMAIL, _LONGEST_LABEL = 254, 63


def fold(text: str) -> str:
    """Return text without differences of case and of compatible forms: NFKC and full case folding, until stable."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text.casefold())
    return folded if folded == text else fold(folded)


def normalize_email(value: str) -> str:
    """Return the address as it is stored and shown: NFKC, trimmed, in the case it was given in.

    Raises ValueError for what is no address.
    """
    return _parse(value).original


def canonical_email(value: str) -> str:
    """Return the key of a mailbox: local part folded, domain in Punycode. What is no address is only folded."""
    try:
        email = _parse(value)
    except ValueError:
        return fold(value.strip())
    return f"{fold(email.local_part)}@{email.ascii_domain}"


def canonical_login(value: str) -> tuple[str, bool]:
    """Return the key that a login is looked up by, and whether it is an email's; else it is a username's."""
    folded = fold(value.strip()).strip()
    return (canonical_email(value), True) if "@" in folded else (folded, False)


def search_text(*names: str) -> str:
    """Return what a search is compared with: each name folded, on a line, without what is not seen."""
    return "\n".join(" ".join(without_ignored(fold(name)).split()) for name in names)


def search_grams(text: str) -> list[int]:
    """Return the numbers of the pairs of characters in text, and of the single ones: what an index finds it by.

    Of different grams two may share a number: the text itself is compared afterwards.
    """
    return sorted({crc32(text[at : at + n].encode()) - 2**31 for n in _GRAM_SIZES for at in range(len(text) - n + 1)})


def query_grams(text: str) -> list[int]:
    """Return the grams that every text which contains this one has: the longest that fit into it."""
    size = min(len(text), _GRAM_SIZES[-1])
    return sorted({crc32(text[at : at + size].encode()) - 2**31 for at in range(len(text) - size + 1)}) if size else []


def _parse(value: str) -> ValidatedEmail:
    email = unicodedata.normalize("NFKC", value).strip()
    # Before the library looks at each letter of it, which takes it up to 70 ms.
    if len(email) > _LONGEST_EMAIL or max(map(len, email.rpartition("@")[2].split("."))) > _LONGEST_LABEL:
        raise ValueError("an email address has at most 254 characters, and its domain 63 between two dots")
    try:
        return validate_email(email, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None
