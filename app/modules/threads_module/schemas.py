from functools import cache
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field, create_model

from app.modules.base_module.schemas import Page, ResponseModel
from app.modules.messages_module.schemas.models import message_models
from app.modules.threads_module.db.cruds.positions import MAX_UNREAD
from app.utils.event_texts import EventText
from app.utils.module import Modules

MAX_SHOWN = 100
"""Participants that the summary of a thread shows."""

_CHAT = "6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91"
_ACCOUNT = "0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11"
_THREAD: dict[str, Any] = {"chat_id": _CHAT, "root_seq": 1}


class ThreadSummary(ResponseModel):
    """The replies to a message that are not deleted."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"reply_count": 2, "last_seq": 5, "participants": [_ACCOUNT]}}
    )

    reply_count: int
    last_seq: int = Field(description="sequence number of the newest reply")
    participants: list[UUID] = Field(
        description=f"accounts that have replied, in the order of their first replies; the first {MAX_SHOWN}"
    )


class ThreadReadMoved(ResponseModel):
    """The account has read a thread, on any of its devices."""

    model_config = ConfigDict(json_schema_extra={"example": {**_THREAD, "read_seq": 5}})

    chat_id: UUID
    root_seq: int
    read_seq: int


class ThreadFollowed(ResponseModel):
    """The account follows a thread, or no longer does. A reply of its own makes it follow without this event."""

    model_config = ConfigDict(json_schema_extra={"example": _THREAD})

    chat_id: UUID
    root_seq: int


EVENTS: dict[str, type[ResponseModel]] = {
    "thread.read_moved": ThreadReadMoved,
    "thread.followed": ThreadFollowed,
    "thread.unfollowed": ThreadFollowed,
}
EVENT_TEXTS = (
    EventText(
        "thread.read_moved",
        "account",
        "`chat_id`, `root_seq`, `read_seq`: the account has read a thread up to this message",
        "`chat_id`, `root_seq`, `read_seq`: аккаунт прочитал ветку до этого сообщения",
    ),
    EventText("thread.followed", "account", "`chat_id`, `root_seq`"),
    EventText("thread.unfollowed", "account", "`chat_id`, `root_seq`"),
)


@cache
def make_threads(modules: Modules) -> type[ResponseModel]:
    """Returns the list of threads of one application, whose modules contribute fields to messages."""
    message: Any = message_models(modules).read
    thread = create_model(
        "FollowedThread",
        __base__=ResponseModel,
        __doc__="A thread that the caller follows. `root` is the message with its summary, also if it is deleted.",
        root=(message, ...),
        read_seq=(int, Field(examples=[3])),
        unread_count=(int, Field(description=f"number of unread replies, at most {MAX_UNREAD:,}", examples=[2])),
    )
    return create_model(
        "FollowedThreads",
        __base__=Page[thread],
        __doc__="Threads that the caller follows, the one with the newest reply first.",
    )
