"""From the text of a frame to a request that is as the schemas say."""

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
"""Of an object in a request. Each one more would be an error of its own."""
_CURSORS_IN_A_ROW = 500
"""Of a hello, until the other connections have had their turn."""

_request_id: TypeAdapter[int | str] = TypeAdapter(RequestId)
_cursors: TypeAdapter[dict[UUID, int]] = TypeAdapter(dict[UUID, BodyInt])


class BadFrame(Exception):
    """What came is no JSON object in a text frame."""


def parse_frame(text: str | None) -> dict[str, Any]:
    """The object in a frame; BadFrame for anything else, a binary frame (None) included."""
    try:
        frame = orjson.loads(text) if text is not None else None
    except orjson.JSONDecodeError:
        frame = _parse_surrogates(text or "")
    if not isinstance(frame, dict):
        raise BadFrame
    return frame


def read_hello(frame: dict[str, Any]) -> tuple[Hello, Any]:
    """Returns the hello in a frame, without its cursors, and the cursors as they came. Raises BadFrame.

    Cursors may be many. They are read after the token, which is checked first.
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
    """Returns the cursors of a hello, in steps between which the other connections have their turn. Raises BadFrame at
    the first step with one that is wrong.
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
    """The id that a reply can name, None where there is no valid one."""
    try:
        return _request_id.validate_python(frame.get("id"))
    except ValidationError:
        return None


def _check_sizes(frame: dict[str, Any], data: Any) -> None:
    is_frame = len(frame) > _MAX_MEMBERS
    if is_frame or (isinstance(data, dict) and len(data) > _MAX_MEMBERS):
        raise ValidationFailed(("frame" if is_frame else "data",), f"at most {_MAX_MEMBERS} members", "too_long")


def _parse_surrogates(text: str) -> Any:
    """A lone surrogate is JSON, though nothing that can be stored: it is to be refused in its place."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise BadFrame from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
