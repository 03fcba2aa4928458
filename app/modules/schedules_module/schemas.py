from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from pydantic import ConfigDict, Field

from app.modules.base_module.schemas import (
    NOT_NULL,
    UNCHANGED,
    BodyInt,
    BodyMoment,
    Page,
    RequestModel,
    ResponseModel,
    check_names,
    extended,
)
from app.modules.messages_module.extension import MessagePart
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.schemas.message import ReplacedText, Text
from app.modules.messages_module.schemas.models import may_replace_text, message_models
from app.utils.event_texts import EventText
from app.utils.module import Modules

_CHAT = "6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91"
_ID = "b7f4d2a0-3a51-4c1e-9d43-7a2f6c0e5b18"
_CLIENT_MSG_ID = "7d0c7f52-5b0e-4f0d-8f6f-1d9a4f2b6c31"
_SEND_AT = "2100-01-01T09:00:00Z"


class ScheduleUpdate(RequestModel):
    """Fields of a scheduled message to change. Missing fields stay unchanged.

    A message that has failed waits again after its `send_at` is set.
    """

    model_config = ConfigDict(json_schema_extra={"example": {"text": "С добрым утром! ☀️"}})

    send_at: Annotated[BodyMoment, NOT_NULL] = UNCHANGED
    reply_to_seq: BodyInt | None = None


class Refusal(ResponseModel):
    """The reason why a message was not sent: `code` and `detail` of the error that a send would get."""

    code: str = Field(examples=["forbidden"])
    detail: str


class ScheduledMessageRead(ResponseModel):
    """A message that is sent at `send_at`. Only its author sees it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": _ID,
                "chat_id": _CHAT,
                "client_msg_id": _CLIENT_MSG_ID,
                "text": "С добрым утром! ☀️",
                "reply_to_seq": None,
                "send_at": _SEND_AT,
                "state": "waiting",
                "failure": None,
                "created_at": "2026-01-01T12:00:00Z",
                "updated_at": "2026-01-01T12:00:00Z",
            }
        }
    )

    id: UUID
    chat_id: UUID
    client_msg_id: UUID = Field(description="`client_msg_id` that the message is sent with")
    text: str
    reply_to_seq: int | None
    send_at: datetime
    state: Literal["waiting", "sending", "failed"]
    failure: Refusal | None = Field(description="why the message was not sent; with `failed` only")
    created_at: datetime
    updated_at: datetime


class _Scheduled(ResponseModel):
    chat_id: UUID
    id: UUID = Field(description="id of the scheduled message")
    client_msg_id: UUID


def _example(**fields: Any) -> ConfigDict:
    return ConfigDict(
        json_schema_extra={"example": {"chat_id": _CHAT, "id": _ID, "client_msg_id": _CLIENT_MSG_ID, **fields}}
    )


class ScheduledChanged(_Scheduled):
    """A message was scheduled or edited, on any device of its author. Clients read it again."""

    model_config = _example(send_at=_SEND_AT)

    send_at: datetime


class ScheduledCancelled(_Scheduled):
    """A scheduled message was deleted by its author."""

    model_config = _example()


class ScheduledSent(_Scheduled):
    """A scheduled message was sent."""

    model_config = _example(seq=1)

    seq: int = Field(description="sequence number of the message in its chat")


class ScheduledFailed(_Scheduled):
    """A scheduled message was refused. If the account is still a member of the chat, the message stays as `failed`."""

    model_config = _example(send_at=_SEND_AT, code="forbidden", detail="Your role in this chat does not allow this")

    send_at: datetime
    code: str
    detail: str


class ScheduleModels(NamedTuple):
    """Models of the routes of one application. They have the fields of messages that modules contribute."""

    message: type[MessageCreate]
    create: type[MessageCreate]
    update: type[ScheduleUpdate]
    read: type[ScheduledMessageRead]
    page: Any


@cache
def schedule_models(modules: Modules) -> ScheduleModels:
    """Raises ModulesError for a part whose field a scheduled message already has."""
    contributed = modules.contributions(MessagePart)
    parts = [part for part in contributed if part.create is not None]
    check_names(ScheduledMessageRead, parts)
    changed = {"text": ReplacedText if may_replace_text(contributed) else Text}
    changed |= {part.name: part.create for part in parts}
    message = message_models(modules).create
    read: Any = extended(
        ScheduledMessageRead,
        {part.name: (part.create, ...) for part in parts},
        {part.name: part.empty for part in parts},
    )
    example = {"client_msg_id": _CLIENT_MSG_ID, "send_at": _SEND_AT}
    return ScheduleModels(
        message=message,
        create=extended(message, {"send_at": (BodyMoment, ...)}, example, name="ScheduleCreate"),
        update=extended(ScheduleUpdate, {name: (of, UNCHANGED) for name, of in changed.items()}, {}),
        read=read,
        page=Page[read],
    )


EVENTS: dict[str, type[ResponseModel]] = {
    "scheduled.changed": ScheduledChanged,
    "scheduled.cancelled": ScheduledCancelled,
    "scheduled.sent": ScheduledSent,
    "scheduled.failed": ScheduledFailed,
}

EVENT_TEXTS = (
    EventText(
        "scheduled.changed",
        "account",
        "`chat_id`, `id`, `client_msg_id`, `send_at`: a message was scheduled or edited; the text is only in "
        "`GET /chats/{chat_id}/scheduled`",
        "`chat_id`, `id`, `client_msg_id`, `send_at`: сообщение запланировано или изменено; текст отдаёт только "
        "`GET /chats/{chat_id}/scheduled`",
    ),
    EventText(
        "scheduled.cancelled",
        "account",
        "`chat_id`, `id`, `client_msg_id`: the scheduled message was deleted by its author",
        "`chat_id`, `id`, `client_msg_id`: автор удалил запланированное сообщение",
    ),
    EventText(
        "scheduled.sent",
        "account",
        "`chat_id`, `id`, `client_msg_id`, `seq` of the message",
        "`chat_id`, `id`, `client_msg_id`, `seq` сообщения",
    ),
    EventText(
        "scheduled.failed",
        "account",
        "`chat_id`, `id`, `client_msg_id`, `send_at`, `code`, `detail`: the message was refused at its time, or its "
        "author is no longer a member of the chat",
        "`chat_id`, `id`, `client_msg_id`, `send_at`, `code`, `detail`: в назначенное время сообщение отклонено, или "
        "автор больше не участник чата",
    ),
)
