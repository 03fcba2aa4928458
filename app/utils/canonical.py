"""The canonical form of usernames and email addresses: for look-up, uniqueness and limits.

PostgreSQL compares the strings computed here and never folds case itself, because its lower case depends on its locale.
A change of a function requires a migration that updates the stored rows.
"""

import unicodedata

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, ValidatedEmail, validate_email

# A private server may use a domain that does not exist on the internet, such as `.local` or `.test`. The library's
# documentation allows a change of this list.
SPECIAL_USE_DOMAIN_NAMES.clear()

_LONGEST_EMAIL, _LONGEST_LABEL = 254, 63


def fold(text: str) -> str:
    """Returns text without differences of case and of compatible forms: NFKC and full case folding, until stable."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text.casefold())
    return folded if folded == text else fold(folded)


def normalize_email(value: str) -> str:
    """Returns the address as it is stored and shown: NFKC, trimmed, with its case unchanged.

    Raises ValueError if it is not an email address.
    """
    return _parse(value).original


def deliverable_email(value: str) -> str:
    """Returns the address as mail servers take it: the local part as it is, the domain in Punycode.

    Raises ValueError if it is not an email address.
    """
    email = _parse(value)
    return f"{email.local_part}@{email.ascii_domain}"


def canonical_email(value: str) -> str:
    """Returns the key of a mailbox: local part folded, domain in Punycode. An invalid address is only folded."""
    try:
        email = _parse(value)
    except ValueError:
        return fold(value.strip())
    return f"{fold(email.local_part)}@{email.ascii_domain}"


def canonical_login(value: str) -> tuple[str, bool]:
    """Returns the key that a login is looked up by, and True if it is an email address, False if it is a username."""
    # Mails have a zero-width space after the dots of a username, which may be copied from there.
    value = value.replace("\u200b", "")
    folded = fold(value.strip()).strip()
    return (canonical_email(value), True) if "@" in folded else (folded, False)


def _parse(value: str) -> ValidatedEmail:
    email = unicodedata.normalize("NFKC", value).strip()
    # Checked first: the library inspects each letter, which takes up to 70 ms for a long text.
    if len(email) > _LONGEST_EMAIL or max(map(len, email.rpartition("@")[2].split("."))) > _LONGEST_LABEL:
        raise ValueError("an email address has at most 254 characters, and its domain 63 between two dots")
    try:
        return validate_email(email, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None
