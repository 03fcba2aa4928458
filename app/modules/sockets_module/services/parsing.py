"""From the text of a frame to a request that is as the schemas say."""

import json
from typing import Any, NoReturn

import orjson
from pydantic import TypeAdapter, ValidationError

from app.modules.sockets_module.schemas import REQUESTS, RequestFrame, RequestId
from app.services.errors import ValidationFailed

_request_id: TypeAdapter[int | str] = TypeAdapter(RequestId)


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


def read_request(frame: dict[str, Any]) -> RequestFrame:
    """The request in a frame; ValidationError or ValidationFailed tells what is wrong with it."""
    action = frame.get("action")
    model = REQUESTS.get(action) if isinstance(action, str) else None
    if model is None:
        raise ValidationFailed(("action",), f"one of {', '.join(REQUESTS)}")
    return model.model_validate(frame)


def find_request_id(frame: dict[str, Any]) -> int | str | None:
    """The id that a reply can name, None where there is no valid one."""
    try:
        return _request_id.validate_python(frame.get("id"))
    except ValidationError:
        return None


def _parse_surrogates(text: str) -> Any:
    """A lone surrogate is JSON, though nothing that can be stored: it is to be refused in its place."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise BadFrame from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
