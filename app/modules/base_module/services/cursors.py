"""Opaque cursors: where a page ended, in a form that clients do not take apart."""

from base64 import b64decode, urlsafe_b64encode
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import orjson
from pydantic import TypeAdapter, ValidationError

from app.services.errors import ValidationFailed

T = TypeVar("T")


def encode_cursor(*values: str | int | datetime | UUID) -> str:
    """The sort key of a page's last item; the ids may be the driver's own kind of UUID."""
    return urlsafe_b64encode(orjson.dumps(values, default=str)).rstrip(b"=").decode()


def decode_cursor(cursor: str, shape: type[T]) -> T:
    """The key back, as the tuple type `shape`; ValidationFailed for anything else.

    Anyone can make a cursor up: `shape` has to allow nothing that the database cannot take.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        decoded = TypeAdapter(shape).validate_json(b64decode(padded, b"-_", validate=True), strict=True)
    except (ValueError, ValidationError):
        raise ValidationFailed(("query", "cursor"), "this cursor was not made by this server", "cursor") from None
    return decoded
