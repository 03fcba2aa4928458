"""Problem details (RFC 9457): the one shape of all errors."""

from typing import Any

from pydantic import ConfigDict, Field

from app.modules.base_module.schemas.models import ResponseModel
from app.services.errors import ServiceError


class ProblemError(ResponseModel):
    """One thing that is wrong with a request, and where."""

    loc: list[str | int] = Field(description="where: `body`, `query` or `path`, and on", examples=[["body", "text"]])
    msg: str = Field(examples=["Field required"])
    type: str = Field(examples=["missing"])


class Problem(ResponseModel):
    """Why a request was not carried out. `code` is stable; the texts are for people."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:messenger:problem:not_found",
                "title": "There is no such thing here",
                "status": 404,
                "detail": "There is no such thing here",
                "instance": "/api/v1/chats/6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91",
                "code": "not_found",
                "request_id": "0b6f3f3f5d1e4f6f8d0b8a3f1c2d4e5f",
            }
        }
    )

    type: str
    title: str = Field(description="the same for every error of this kind")
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="may say more about this case")
    instance: str = Field(description="the path of the request")
    code: str = Field(description="stable, for programs")
    request_id: str = Field(description="as in the header X-Request-ID and on every log line")
    retry_after: int | None = Field(None, description="seconds to wait, as in the header Retry-After")
    errors: list[ProblemError] | None = Field(None, description="with status 422: each thing that is wrong")
    first_seq: int | None = Field(None, description="of `stream_gap`: the first event that is kept")
    last_seq: int | None = Field(None, description="of `stream_gap`: the newest event")


def refuses(*errors: type[ServiceError]) -> dict[str, Any]:
    """An operation's `openapi_extra`: the refusals that are its own; those that any may give are added to all."""
    return {
        "x-refuses": [
            {
                "name": error.__name__,
                "category": error.category,
                "code": error.code,
                "title": error.title,
                "extra": dict(error.example_of_extra),
            }
            for error in errors
        ]
    }
