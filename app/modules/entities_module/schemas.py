"""What the module adds to messages, and the answer of its route."""

from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from pydantic import ConfigDict, Field, WithJsonSchema, create_model
from pydantic.json_schema import SkipJsonSchema

from app.modules.base_module.schemas import Page, ResponseModel
from app.modules.messages_module.schemas.models import message_models
from app.utils.module import Modules

TextFormat = Annotated[
    Literal["plain", "markdown"],
    Field(
        description="how the server finds `entities` in the text; the text itself is stored and returned as it was sent"
    ),
]
EntityType = Literal[
    "mention",
    "mention_all",
    "link",
    "bold",
    "italic",
    "strike",
    "code",
    "pre",
    "quote",
    "spoiler",
    "command",
    "syntax",
]
_EXTENSIBLE = {
    "type": "string",
    "description": "more types may be added",
    "x-extensible-enum": list(get_args(EntityType)),
}


class Entity(ResponseModel):
    """A range of `text` with a meaning. The server derives it.

    `offset` and `length` count UTF-16 code units, as strings of JavaScript, Java and C# do; Python slices
    `text.encode("utf-16-le")[2 * offset : 2 * (offset + length)]`. Ranges may be nested. `syntax` is a run of
    Markdown markers, which clients hide. A client ignores types that it does not know.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "mention",
                "offset": 0,
                "length": 5,
                "account_id": "0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11",
            }
        }
    )

    type: Annotated[EntityType, WithJsonSchema(_EXTENSIBLE)]
    offset: int = Field(ge=0, description="start of the range in UTF-16 code units")
    length: int = Field(ge=1, description="length of the range in UTF-16 code units")
    account_id: Annotated[
        UUID | SkipJsonSchema[None], Field(description="with `mention`: the account that is mentioned")
    ] = None
    url: Annotated[
        str | SkipJsonSchema[None], Field(description="with `link`: begins with http://, https:// or mailto:")
    ] = None
    language: str | None = Field(None, description="with `pre`: the word after the opening fence, null without one")
    name: Annotated[
        str | SkipJsonSchema[None], Field(description="with `command`: without the slash, in lower case")
    ] = None


Entities = Annotated[
    list[Entity],
    Field(description="sorted by offset, the longest first; empty in messages from before there were entities"),
]


@cache
def make_mentions(modules: Modules) -> type[ResponseModel]:
    """Returns the list of mentions of one application, whose modules contribute fields to messages."""
    message: Any = message_models(modules).read
    mention = create_model(
        "MentionRead",
        __base__=ResponseModel,
        __doc__="A message that mentions the caller.",
        message=(message, ...),
        mentioned_at=(
            datetime,
            Field(description="when the message was sent, or when an edit added the mention"),
        ),
        is_unread=(bool, Field(description="true if the message is after the caller's read position")),
    )
    return create_model(
        "MentionsRead", __base__=Page[mention], __doc__="Messages that mention the caller, the newest mention first."
    )
