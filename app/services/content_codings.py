"""The content codings of request bodies: none is supported."""

from collections.abc import Iterable

from starlette.exceptions import HTTPException


def check_codings(values: Iterable[str]) -> None:
    """Raises HTTPException 415 (RFC 9110, section 15.5.16) if a value of Content-Encoding names a coding."""
    codings = {coding.strip().lower() for value in values for coding in value.split(",")}
    if codings - {"", "identity"}:
        raise HTTPException(415, "A body must not be compressed", {"Accept-Encoding": "identity"})
