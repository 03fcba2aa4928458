"""Opaque cursors: where a page ended, in a form that clients do not take apart."""

from base64 import b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Any, Literal, TypeVar, cast, get_args
from uuid import UUID

import orjson
from pydantic import TypeAdapter, ValidationError

from app.services.errors import ValidationFailed

T = TypeVar("T")


def encode_cursor(*values: str | int | datetime | UUID, of: str = "") -> str:
    """Returns the sort key of a page's last item as text; the ids may be the driver's own kind of UUID.

    `of` names the list, so that a cursor of another list with a key of the same shape is refused.
    """
    return urlsafe_b64encode(orjson.dumps((of, *values), default=str)).rstrip(b"=").decode()


def decode_cursor(cursor: str, shape: type[T], *, of: str = "") -> T:
    """Returns the key as the tuple type `shape`. Raises ValidationFailed for anything else.

    Anyone can make a cursor up: `shape` has to allow nothing that the database cannot take.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        named: Any = tuple[(Literal[of], *get_args(shape))]  # type: ignore[misc, valid-type]
        _, *key = TypeAdapter(named).validate_json(b64decode(padded, b"-_", validate=True), strict=True)
    except (ValueError, ValidationError):
        raise ValidationFailed(("query", "cursor"), "the cursor is not valid", "cursor") from None
    return cast("T", tuple(key))
