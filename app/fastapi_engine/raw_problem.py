"""Problem responses that the HTTP protocol writes itself, for requests that do not reach the application."""

from http import HTTPStatus
from uuid import uuid4

import orjson

from app.fastapi_engine.problems import CODES, make_problem

_RETRY_AFTER = {429: 10, 503: 1}
"""Seconds after which a client may try again, by status."""


def write_problem(status: int, detail: str) -> bytes:
    """Returns the bytes of a whole problem response, after which the connection is closed."""
    id_of_request = uuid4().hex
    phrase = HTTPStatus(status).phrase
    body = orjson.dumps(make_problem(status, CODES[status], phrase, detail, "", request_id=id_of_request))
    lines = [
        f"HTTP/1.1 {status} {phrase}",
        "content-type: application/problem+json",
        f"content-length: {len(body)}",
        f"x-request-id: {id_of_request}",
        "x-content-type-options: nosniff",
        "connection: close",
    ]
    if status in _RETRY_AFTER:
        lines.append(f"retry-after: {_RETRY_AFTER[status]}")
    return "\r\n".join((*lines, "", "")).encode() + body
