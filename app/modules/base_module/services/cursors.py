"""Opaque cursors of lists: the sort key of the last item of a page, encoded."""

from datetime import datetime
from typing import Any, Literal, TypeVar, cast, get_args
from uuid import UUID

import orjson
from pydantic import TypeAdapter, ValidationError

from app.services.errors import ValidationFailed
from app.utils import base64url

T = TypeVar("T")


def encode_cursor(*values: str | int | datetime | UUID, of: str = "") -> str:
    """Returns the cursor for the sort key of a page's last item. Ids may be UUIDs of the database driver's own type.

    `of` names the list: a cursor of another list is refused, even if its key has the same shape.
    """
    return base64url.encode(orjson.dumps((of, *values), default=str))


def decode_cursor(cursor: str, shape: type[T], *, of: str = "") -> T:
    """Returns the sort key as the tuple type `shape`. Raises ValidationFailed for an invalid cursor.

    Clients can forge cursors. So `shape` must allow no value that the database refuses.
    """
    try:
        named: Any = tuple[(Literal[of], *get_args(shape))]  # type: ignore[misc, valid-type]
        _, *key = TypeAdapter(named).validate_json(base64url.decode(cursor), strict=True)
    except (ValueError, ValidationError):
        raise ValidationFailed(("query", "cursor"), "the cursor is not valid", "cursor") from None
    return cast("T", tuple(key))
