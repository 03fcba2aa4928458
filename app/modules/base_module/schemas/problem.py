"""Problem details (RFC 9457): the one shape of all errors."""

from typing import Any

from pydantic import Field

from app.modules.base_module.schemas.models import ResponseModel
from app.services.errors import ServiceError


class ProblemError(ResponseModel):
    """One thing that is wrong with a request, and where."""

    loc: list[str | int] = Field(description="where: `body`, `query` or `path`, and on", examples=[["body", "text"]])
    msg: str = Field(examples=["Field required"])
    type: str = Field(examples=["missing"])


class Problem(ResponseModel):
    """Why a request was not carried out. `code` is stable; the texts are for people."""

    type: str = Field(examples=["urn:messenger:problem:not_found"])
    title: str = Field(description="the same for every error of this kind", examples=["There is no such thing here"])
    status: int = Field(ge=400, le=599, examples=[404])
    detail: str = Field(description="may say more about this case", examples=["There is no such thing here"])
    instance: str = Field(description="the path of the request", examples=["/api/v1/chats"])
    code: str = Field(description="stable, for programs", examples=["not_found"])
    request_id: str = Field(
        description="as in the header X-Request-ID and on every log line", examples=["0b6f3f3f5d1e4f6f8d0b8a3f1c2d4e5f"]
    )
    retry_after: int | None = Field(None, description="seconds to wait, as in the header Retry-After", examples=[1])
    errors: list[ProblemError] | None = Field(None, description="with status 422: each thing that is wrong")
    first_seq: int | None = Field(None, description="of `stream_gap`: the first event that is kept", examples=[120])
    last_seq: int | None = Field(None, description="of `stream_gap`: the newest event", examples=[480])


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
