"""The one canonical form of names and addresses: for look-up, uniqueness and limits.

PostgreSQL compares what is computed here and never folds case itself: its idea of lower case depends on its locale.
Whoever changes a function changes the rows too, by a migration.
"""

import unicodedata

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, ValidatedEmail, validate_email

# A private server may use a domain that the internet does not know, `.local` or `.test`. The library documents this
# list as changeable.
SPECIAL_USE_DOMAIN_NAMES.clear()

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


def _parse(value: str) -> ValidatedEmail:
    email = unicodedata.normalize("NFKC", value).strip()
    # Before the library looks at each letter of it, which takes it up to 70 ms.
    if len(email) > _LONGEST_EMAIL or max(map(len, email.rpartition("@")[2].split("."))) > _LONGEST_LABEL:
        raise ValueError("an email address has at most 254 characters, and its domain 63 between two dots")
    try:
        return validate_email(email, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None
