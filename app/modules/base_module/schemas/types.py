"""Field types for schemas of several modules."""

from datetime import UTC, datetime
from math import isfinite
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, Field, StrictInt

from app.resources.constants import MAX_BIGINT

_MOST_LEVELS = 100
_ALWAYS_STORABLE = {type(None), bool, UUID}


def check_text(value: str) -> str:
    """Returns the text. Raises ValueError for what PostgreSQL cannot store: a NUL, or a lone surrogate, which JSON can
    express.
    """
    if "\x00" in value:
        raise ValueError("a NUL character cannot be stored")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError("a lone surrogate is not a character") from None
    return value


def check_storable(value: Any) -> Any:
    """Returns the value. Raises ValueError for one that the database cannot store as JSON, or that contains such a one:
    for what `check_text` refuses, for a number that is not finite or has more than 64 bits, and for too many levels.
    """
    if isinstance(value, str):
        return check_text(value)
    if type(value) in _ALWAYS_STORABLE:
        return value
    level = [value]
    for _ in range(_MOST_LEVELS):
        inner: list[Any] = []
        for each in level:
            if type(each) in _ALWAYS_STORABLE:
                continue
            if isinstance(each, str):
                check_text(each)
            elif isinstance(each, int):
                if not -MAX_BIGINT <= each <= MAX_BIGINT:
                    raise ValueError("the number is too large")
            elif isinstance(each, float):
                if not isfinite(each):
                    raise ValueError("the number is not finite")
            elif isinstance(each, dict):
                inner += (*each, *each.values())
            elif isinstance(each, list | tuple | set | frozenset):
                inner += each
            elif isinstance(each, BaseModel):
                inner += vars(each).values()
        if not inner:
            return value
        level = inner
    raise ValueError(f"it has more than {_MOST_LEVELS} levels")


def _refuse_null(value: object) -> object:
    if value is None:
        raise ValueError("null is not allowed; omit the field to leave it unchanged")
    return value


NOT_NULL = BeforeValidator(_refuse_null)
"""For a field of a PATCH body that may be omitted but not be null: its value cannot be removed."""

UNCHANGED: Any = Field(default_factory=lambda: None)
"""Default of a field of PATCH. It is neither checked nor in the document: a field that is left out keeps its value."""

NOT_BLANK = r"\S"
"""A pattern for the OpenAPI document: at least one character that is not white space."""

BodyInt = Annotated[StrictInt, Field(ge=0, le=MAX_BIGINT)]
"""A whole number in a body. A boolean or a string is refused."""

Position = Annotated[int, Field(ge=0, le=MAX_BIGINT)]
"""A sequence number in a query. 0 means before the first."""

Storable = Annotated[str, AfterValidator(check_text)]
"""Text that PostgreSQL can store."""

Moment = Annotated[AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(9999, 1, 1, tzinfo=UTC))]
"""A time with a time zone, in a range that Python and the database can represent in every zone."""


def _refuse_number(value: object) -> object:
    # pydantic would read it as seconds or milliseconds since 1970, also if it is a string of digits.
    if isinstance(value, int | float) or (isinstance(value, str) and value[4:5] != "-"):
        raise ValueError("must be a time as text (RFC 3339)")
    return value


def _in_utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


BodyMoment = Annotated[Moment, BeforeValidator(_refuse_number), AfterValidator(_in_utc)]
"""A time in a body, converted to UTC. A number is refused, also as a string of digits."""

PathSeq = Annotated[
    int, Path(ge=1, le=MAX_BIGINT, description="sequence number of the message in its chat", examples=[1])
]
