"""Checks a request's body before FastAPI reads it: its size, media type, charset, content coding, text encoding, and
the number of its members.
"""

import json
import re
from collections.abc import Awaitable, Callable
from email.message import Message as HeaderReader
from typing import NamedTuple

import orjson
from fastapi import params
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.services.content_codings import check_codings
from app.services.http_requests import CALLER


class BodyForm(NamedTuple):
    """The media types that a route accepts. `shown` is the value of `Accept` in a refusal."""

    shown: str
    is_json: bool


class BodyRules(NamedTuple):
    """What a route demands of a request with a body.

    `authenticate` is the dependency that refuses a request without a valid token; None if the route needs no token.
    """

    form: BodyForm
    limit: int
    authenticate: Callable[[Request], Awaitable[object]] | None


_JSON = BodyForm("application/json", is_json=True)
_FORM = BodyForm("application/x-www-form-urlencoded, multipart/form-data", is_json=False)
_JSON_TYPE = re.compile(r"application/(?:json|[!#$%&'*+.^_`|~0-9a-z-]+\+json)", re.IGNORECASE)
_USUAL_TYPES = frozenset({b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"})
_UTF_8 = frozenset({"utf-8", "utf8"})
_LONGEST_TYPE = 256
"""The longest Content-Type. Each of its parameters is parsed several times."""
_MAX_MEMBERS = 50
"""The largest number of members of a JSON object or a form. Each unknown member is an error of its own, which costs as
much as a small request.
"""


def body_form_of(route: APIRoute) -> BodyForm | None:
    """Returns the form of the body that the route's endpoint declares; None if it declares no body."""
    if route.body_field is None:
        return None
    return _FORM if isinstance(route.body_field.field_info, params.Form) else _JSON


def checks_body(rules: BodyRules, app: ASGIApp) -> ASGIApp:
    """Returns an application that refuses a body against the rules, and passes any other request to `app`.

    It reads the whole body. It raises ClientDisconnect if the client leaves meanwhile; FastAPI would answer with 422.
    """

    async def check(scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_checked_body(scope, receive, rules)
        await app(scope, _replay_body(body, receive), send)

    return check


async def read_checked_body(scope: Scope, receive: Receive, rules: BodyRules) -> bytes:
    """Returns the whole body. Raises HTTPException, RequestValidationError, and ClientDisconnect.

    If the route needs a token, a request without a valid one is refused before its body is read.
    """
    form, limit, authenticate = rules
    if authenticate is not None and scope.get(CALLER) is None:
        await authenticate(Request(scope))
    body = await _read_body(receive, limit)
    if not (form.is_json and _is_declared_as_json(scope)):
        _check_headers(scope, form, body)
    # JSON is UTF-8 (RFC 8259, section 8.1). FastAPI would guess the encoding; hot routes and the WebSocket do not.
    if form.is_json and not (body[:1] == b"{" and body[1:2] != b"\0") and json.detect_encoding(body) != "utf-8":
        raise RequestValidationError(
            [{"type": "json_invalid", "loc": ("body", 0), "msg": "JSON must be UTF-8 without a byte order mark"}]
        )
    if _has_too_many_members(form, body):
        raise RequestValidationError(
            [{"type": "too_long", "loc": ("body",), "msg": f"A body must have at most {_MAX_MEMBERS} members"}]
        )
    return body


def _is_declared_as_json(scope: Scope) -> bool:
    """Returns True if the headers declare JSON as clients usually do: once, in UTF-8, not compressed."""
    is_found = False
    for name, value in scope["headers"]:
        if name == b"content-type":
            if is_found or value not in _USUAL_TYPES:
                return False
            is_found = True
        elif name == b"content-encoding":
            return False
    return is_found


def _has_too_many_members(form: BodyForm, body: bytes) -> bool:
    if not form.is_json:
        # The separators of fields, or the boundaries of multipart.
        return max(body.count(b"&"), body.count(b"\n--")) > _MAX_MEMBERS
    if body.count(b":") <= _MAX_MEMBERS:
        return False
    try:
        members = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(members, dict) and len(members) > _MAX_MEMBERS


async def _read_body(receive: Receive, limit: int) -> bytes:
    """Returns the whole body. Raises ClientDisconnect, and HTTPException 413 if it has more than `limit` bytes."""
    size = 0
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise HTTPException(413, f"The body of this request must have at most {limit} bytes")
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _replay_body(body: bytes, receive: Receive) -> Receive:
    """Returns a `receive` that returns a body which was read already."""
    is_given = False

    async def replay() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _check_headers(scope: Scope, form: BodyForm, body: bytes) -> None:
    """Raises HTTPException 415 (RFC 9110, section 15.5.16). An empty body needs no type."""
    types: list[str] = []
    codings: list[str] = []
    for name, value in scope["headers"]:
        if name == b"content-type" and value:
            types.append(value.decode("latin-1"))
        elif name == b"content-encoding":
            codings.append(value.decode("latin-1"))
    check_codings(codings)
    if (types or body) and not (len(types) == 1 and _is_of(form, types[0])):
        raise HTTPException(415, f"Content-Type must be {form.shown}, in UTF-8", {"Accept": form.shown})


def _is_of(form: BodyForm, content_type: str) -> bool:
    if len(content_type) > _LONGEST_TYPE:
        return False
    # FastAPI reads the header with the same class.
    header = HeaderReader()
    header["content-type"] = content_type
    media_type = header.get_content_type()
    charsets = {str(value).lower() for name, value in header.get_params([])[1:] if name == "charset"}
    is_read = _JSON_TYPE.fullmatch(media_type) if form.is_json else media_type in form.shown.split(", ")
    return bool(is_read) and charsets <= _UTF_8
