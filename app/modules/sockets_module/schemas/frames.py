"""Models of the frames of a client, except contributed requests. The AsyncAPI document is made from them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, StrictInt, StrictStr, field_validator
from pydantic_core import CoreSchema
from pydantic_core.core_schema import custom_error_schema

from app.modules.base_module.schemas import BodyInt, RequestModel
from app.modules.base_module.schemas.types import check_text
from app.resources.constants import MAX_BIGINT


class _OneError:
    """Makes a wrong id one error at its field. A union has one for each of its types, below the field."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = "Input should be an integer, or a string of at most 64 characters"
        return custom_error_schema(handler(source), "request_id", custom_error_message=text)


RequestId = Annotated[
    Annotated[StrictInt, Field(ge=-MAX_BIGINT, le=MAX_BIGINT)] | Annotated[StrictStr, Field(max_length=64)],
    _OneError(),
]
"""Chosen by the client, and returned as `reply_to`."""

MAX_CURSORS = 20_000

_CHAT = "6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91"
_ANNA = "0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11"


def _example(action: str, **data: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"example": {"id": 1, "action": action, "data": data}})


class HelloData(RequestModel):
    """The access token, and the cursor of each stream."""

    token: Annotated[str, Field(max_length=4096)]
    cursors: Annotated[dict[UUID, BodyInt], Field(max_length=MAX_CURSORS)] = {}  # noqa: RUF012 - pydantic copies it


class PingData(RequestModel):
    """No data."""


def _check_id(value: Any) -> Any:
    return check_text(value) if isinstance(value, str) else value


class RequestFrame(RequestModel):
    """A request. Its reply has the same id in `reply_to`."""

    id: RequestId

    # The id only: the other fields are no texts, and each call counts in a send.
    _can_be_stored = field_validator("id")(_check_id)


class Hello(RequestFrame):
    """The first frame of the client, due within ten seconds."""

    model_config = _example("hello", token="eyJhbGci...", cursors={_ANNA: 12, _CHAT: 340})  # noqa: S106

    action: Literal["hello"]
    data: HelloData


class Ping(RequestFrame):
    """Checks that the connection works."""

    model_config = _example("ping")

    action: Literal["ping"]
    data: PingData = PingData()
