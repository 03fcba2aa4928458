"""Opaque cursors of lists: the sort key of the last item of a page, encoded."""

from base64 import b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Any, Literal, TypeVar, cast, get_args
from uuid import UUID

import orjson
from pydantic import TypeAdapter, ValidationError

from app.services.errors import ValidationFailed

T = TypeVar("T")


def encode_cursor(*values: str | int | datetime | UUID, of: str = "") -> str:
    """Returns the cursor for the sort key of a page's last item. Ids may be UUIDs of the database driver's own type.

    `of` names the list: a cursor of another list is refused, even if its key has the same shape.
    """
    return urlsafe_b64encode(orjson.dumps((of, *values), default=str)).rstrip(b"=").decode()


def decode_cursor(cursor: str, shape: type[T], *, of: str = "") -> T:
    """Returns the sort key as the tuple type `shape`. Raises ValidationFailed for an invalid cursor.

    Clients can forge cursors. So `shape` must allow no value that the database refuses.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        named: Any = tuple[(Literal[of], *get_args(shape))]  # type: ignore[misc, valid-type]
        _, *key = TypeAdapter(named).validate_json(b64decode(padded, b"-_", validate=True), strict=True)
    except (ValueError, ValidationError):
        raise ValidationFailed(("query", "cursor"), "the cursor is not valid", "cursor") from None
    return cast("T", tuple(key))
