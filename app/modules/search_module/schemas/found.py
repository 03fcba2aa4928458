from datetime import datetime
from functools import cache
from typing import Any

from pydantic import Field, create_model

from app.modules.base_module.schemas import Page, ResponseModel
from app.modules.messages_module.schemas.models import message_models
from app.utils.module import Modules


class Highlight(ResponseModel):
    """A range of the message's text where a word of the query is, in UTF-16 code units."""

    offset: int = Field(examples=[0])
    length: int = Field(examples=[6])


class IndexedThrough(ResponseModel):
    """What was sent before `at` in the caller's chats is found; `lag_ms` is how long ago that was, 0 for all."""

    at: datetime
    lag_ms: int = Field(examples=[0])


class FoundPage(ResponseModel):
    """A part of what was found."""

    truncated: bool = Field(description="the time was over before all was looked at; `next_cursor` goes on from there")
    indexed_through: IndexedThrough


@cache
def make_found_page(modules: Modules) -> type[ResponseModel]:
    """Returns the answer of one application, whose modules contribute fields to messages."""
    message: Any = message_models(modules).read
    found = create_model(
        "FoundMessage",
        __base__=ResponseModel,
        __doc__="A message, and where its text has the words.",
        message=(message, ...),
        highlights=(list[Highlight], ...),
    )
    return create_model("FoundPage", __base__=(FoundPage, Page[found]), __doc__=FoundPage.__doc__)
