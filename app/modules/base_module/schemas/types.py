"""Types that more than one module's schemas use."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StrictInt

from app.resources.constants import MAX_BIGINT


def check_text(value: str) -> str:
    """Refuses what PostgreSQL cannot store: a NUL, and half of a surrogate pair, which JSON can spell."""
    if "\x00" in value:
        raise ValueError("a NUL character cannot be stored")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError("a lone surrogate is not a character") from None
    return value


def _refuse_null(value: object) -> object:
    if value is None:
        raise ValueError("null is not allowed; omit the field to leave it unchanged")
    return value


NOT_NULL = BeforeValidator(_refuse_null)
"""For a field of a change that may be left out, of something that cannot be removed."""

NOT_BLANK = r"\S"
"""For the document, as a pattern: something beside white space."""

BodyInt = Annotated[StrictInt, Field(ge=0, le=MAX_BIGINT)]
"""A whole number of a body: neither a bool nor a string."""

Position = Annotated[int, Field(ge=0, le=MAX_BIGINT)]
"""A number that a query gives: 0 stands before the first."""

Storable = Annotated[str, AfterValidator(check_text)]
"""Text that PostgreSQL can store."""

Moment = Annotated[AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(9999, 1, 1, tzinfo=UTC))]
"""A time that is one in every zone, and to the database."""

PathSeq = Annotated[
    int, Path(ge=1, le=MAX_BIGINT, description="sequence number of the message in its chat", examples=[1])
]
