from datetime import datetime
from functools import cache
from typing import Any

from pydantic import Field, create_model

from app.modules.base_module.schemas import Page, ResponseModel
from app.modules.messages_module.schemas.models import message_models
from app.utils.module import Modules


class Highlight(ResponseModel):
    """A range of the text that matches a word of the query, in UTF-16 units."""

    offset: int = Field(examples=[0])
    length: int = Field(examples=[6])


class IndexedThrough(ResponseModel):
    """Messages sent before `at` in the caller's chats are indexed. `lag_ms` is the age of `at`, 0 for all."""

    at: datetime
    lag_ms: int = Field(examples=[0])


class FoundPage(ResponseModel):
    """A page of search results."""

    truncated: bool = Field(
        description="true if the time limit was reached before everything was searched; `next_cursor` continues there"
    )
    indexed_through: IndexedThrough


@cache
def make_found_page(modules: Modules) -> type[ResponseModel]:
    """Returns the answer of one application, whose modules contribute fields to messages."""
    message: Any = message_models(modules).read
    found = create_model(
        "FoundMessage",
        __base__=ResponseModel,
        __doc__="A found message, and the ranges of its text that match.",
        message=(message, ...),
        highlights=(list[Highlight], ...),
    )
    return create_model("FoundPage", __base__=(FoundPage, Page[found]), __doc__=FoundPage.__doc__)
