"""Problem details (RFC 9457), the format of all errors."""

from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response


class ProblemError(BaseModel):
    """One wrong field of a request."""

    model_config = ConfigDict(frozen=True)

    loc: list[str | int] = Field(
        description="path to the field; starts with `body`, `query`, `path` or `header`, over the WebSocket with "
        "`data` or another field of the frame",
        examples=[["body", "text"]],
    )
    msg: str = Field(examples=["Field required"])
    type: str = Field(examples=["missing"])


class Problem(BaseModel):
    """The reason why a request was refused. Programs decide by `code`; the texts are for people."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "type": "urn:messenger:problem:not_found",
                "title": "Not found",
                "status": 404,
                "detail": "Not found",
                "instance": "/api/v1/chats/6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91",
                "code": "not_found",
                "request_id": "0b6f3f3f5d1e4f6f8d0b8a3f1c2d4e5f",
            }
        },
    )

    type: str
    title: str = Field(description="what is wrong, in one line; several titles can have the same code")
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="details of this case, or the same as title")
    instance: str = Field(description="path of the request")
    code: str = Field(description="stable; programs decide by it")
    request_id: str = Field(description="the same as in the header X-Request-ID and on every log line of the request")
    retry_after: int | None = Field(None, description="seconds to wait, the same as in the header Retry-After")
    errors: list[ProblemError] | None = Field(None, description="with status 422: one entry for each wrong field")
    first_seq: int | None = Field(None, description="with `stream_gap`: sequence number of the oldest stored event")
    last_seq: int | None = Field(None, description="with `stream_gap`: sequence number of the newest event")


def problem_response(problem: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """Returns a problem as an HTTP response, with `Retry-After` if it has `retry_after`."""
    headers = dict(headers or {})
    if "retry_after" in problem:
        headers["Retry-After"] = str(problem["retry_after"])
    return Response(orjson.dumps(problem, default=str), problem["status"], headers, "application/problem+json")
