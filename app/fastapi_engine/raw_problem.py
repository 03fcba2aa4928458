"""Problem responses that the HTTP protocol writes itself, in place of the application."""

from http import HTTPStatus

import orjson

from app.fastapi_engine.problems import CODES, make_problem

_RETRY_AFTER = {429: 10, 503: 1}
"""Seconds after which a client may try again, by status."""


def write_problem(status: int, detail: str, request_id: str) -> bytes:
    """Returns the bytes of a whole problem response, after which the connection is closed."""
    phrase = HTTPStatus(status).phrase
    body = orjson.dumps(make_problem(status, CODES[status], phrase, detail, "", request_id=request_id))
    lines = [
        f"HTTP/1.1 {status} {phrase}",
        "content-type: application/problem+json",
        f"content-length: {len(body)}",
        f"x-request-id: {request_id}",
        "x-content-type-options: nosniff",
        "connection: close",
    ]
    if status in _RETRY_AFTER:
        lines.append(f"retry-after: {_RETRY_AFTER[status]}")
    return "\r\n".join((*lines, "", "")).encode() + body
