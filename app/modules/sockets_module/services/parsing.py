"""Parses frames: from text to a validated request."""

import asyncio
import json
from collections.abc import Mapping
from itertools import islice
from typing import Any, NoReturn
from uuid import UUID

import orjson
from pydantic import TypeAdapter, ValidationError

from app.modules.base_module.schemas import BodyInt
from app.modules.sockets_module.schemas import MAX_CURSORS, Hello, RequestFrame, RequestId
from app.services.errors import ValidationFailed

_MAX_MEMBERS = 50
"""Maximum members of an object in a request, because each wrong one is an error in the reply."""
_CURSORS_IN_A_ROW = 500
"""Cursors of a hello that are validated in a row, before other connections get their turn."""

_request_id: TypeAdapter[int | str] = TypeAdapter(RequestId)
_cursors: TypeAdapter[dict[UUID, int]] = TypeAdapter(dict[UUID, BodyInt])


class BadFrame(Exception):
    """The frame is not a text frame with a JSON object."""


def parse_frame(text: str | None) -> dict[str, Any]:
    """Returns the object in a frame. Raises BadFrame for anything else, including a binary frame (None)."""
    try:
        frame = orjson.loads(text) if text is not None else None
    except orjson.JSONDecodeError:
        frame = _parse_surrogates(text or "")
    if not isinstance(frame, dict):
        raise BadFrame
    return frame


def read_hello(frame: dict[str, Any]) -> tuple[Hello, Any]:
    """Returns the hello in a frame without its cursors, and the unread cursors. Raises BadFrame.

    There may be many cursors. They are read only after the token was checked.
    """
    data = frame.get("data")
    cursors: Any = {}
    if isinstance(data, dict):
        data = dict(data)
        cursors = data.pop("cursors", cursors)
    try:
        _check_sizes(frame, data)
        return Hello.model_validate(frame | {"data": data}), cursors
    except (ValidationError, ValidationFailed):
        raise BadFrame from None


async def read_cursors(cursors: Any) -> dict[UUID, int]:
    """Returns the cursors of a hello. Raises BadFrame at the first invalid batch of them.

    They are validated in batches, between which other connections get their turn.
    """
    if not isinstance(cursors, dict) or len(cursors) > MAX_CURSORS:
        raise BadFrame
    read: dict[UUID, int] = {}
    items = iter(cursors.items())
    while step := dict(islice(items, _CURSORS_IN_A_ROW)):
        try:
            read |= _cursors.validate_python(step)
        except ValidationError:
            raise BadFrame from None
        await asyncio.sleep(0)
    return read


def read_request(frame: dict[str, Any], models: Mapping[str, type[RequestFrame]]) -> RequestFrame:
    """Returns the request in a frame. Raises ValidationError or ValidationFailed."""
    action = frame.get("action")
    model = models.get(action) if isinstance(action, str) else None
    if model is None:
        raise ValidationFailed(("action",), f"one of {', '.join(models)}")
    data = frame.get("data")
    if len(frame) > _MAX_MEMBERS or (isinstance(data, dict) and len(data) > _MAX_MEMBERS):
        _check_sizes(frame, data)
    return model.model_validate(frame)


def find_request_id(frame: dict[str, Any]) -> int | str | None:
    """Returns the request's id for the reply. None if it has no valid one."""
    try:
        return _request_id.validate_python(frame.get("id"))
    except ValidationError:
        return None


def _check_sizes(frame: dict[str, Any], data: Any) -> None:
    is_frame = len(frame) > _MAX_MEMBERS
    if is_frame or (isinstance(data, dict) and len(data) > _MAX_MEMBERS):
        raise ValidationFailed(("frame" if is_frame else "data",), f"at most {_MAX_MEMBERS} members", "too_long")


def _parse_surrogates(text: str) -> Any:
    """Parses JSON with lone surrogates. They cannot be stored, so validation refuses the field that contains them."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise BadFrame from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
