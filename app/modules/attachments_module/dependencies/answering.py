"""Requests for the bytes of a file, and their answers, for every route that serves one."""

from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Request
from fastapi.responses import StreamingResponse
from starlette.responses import Response

from app.modules.attachments_module.errors import FileNotFound, NoSuchRange, OtherFile, StoreUnavailable
from app.modules.attachments_module.services.downloads import Conditions, Download
from app.modules.base_module.schemas import answer_headers, sent_headers

BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary", "examples": ["Привет"]}}
"""Bytes, in the OpenAPI document."""
_TAG = ("ETag", "changes with the bytes")
FILE_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file",
        "content": {"application/octet-stream": BINARY},
        "headers": answer_headers(_TAG, ("Accept-Ranges", "`bytes`"), ("Content-Disposition", "name of the file")),
    },
    206: {
        "description": "The range of bytes that was asked for",
        "content": {"application/octet-stream": BINARY},
        "headers": answer_headers(_TAG, ("Content-Range", "the range and the size of the file")),
    },
    304: {"description": "The client has the file already", "headers": answer_headers(_TAG)},
}
FILE_CONDITIONS = {
    "parameters": sent_headers(
        ("Range", "a single range of bytes; for `GET` only"),
        ("If-Range", "the ETag that the range belongs to"),
        ("If-Match", "the ETag that the file must have"),
        ("If-None-Match", "the ETag that the client has"),
    )
}
"""The `openapi_extra` of a route that serves a file."""
FILE_ERRORS = (FileNotFound, OtherFile, NoSuchRange, StoreUnavailable)


class _Asked(NamedTuple):
    conditions: Conditions
    is_head: bool


async def _read(request: Request) -> _Asked:
    headers = request.headers
    conditions = Conditions(
        headers.get("range"), headers.get("if-range"), headers.get("if-match"), headers.get("if-none-match")
    )
    return _Asked(conditions, request.method == "HEAD")


Asked = Annotated[_Asked, Depends(_read)]
"""What a request asks for, besides the address."""


def answer(found: Download) -> Response:
    if found.body is None:
        return Response(status_code=found.status, headers=dict(found.headers))
    return StreamingResponse(found.body, found.status, headers=dict(found.headers))
