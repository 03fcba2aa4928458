from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path
from pydantic import AfterValidator, ConfigDict, Field

from app.dependencies.scopes import scoped
from app.modules.base_module.schemas import (
    NOT_NULL,
    UNCHANGED,
    BodyInt,
    RequestModel,
    ResponseModel,
    check_prose,
)
from app.utils.event_texts import EventText

MAX_URL = 2_000
_ID = "5f0a3c1e-9d54-4c5e-8a0b-2c7d1e9f6b43"
_STREAM = "6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91"
_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"  # noqa: S105 - an example
_CREATE: dict[str, Any] = {
    "url": "https://hooks.example.com/messenger",
    "kinds": ["message.*", "member.added"],
    "chat_ids": None,
    "description": "Отчёты",
}
_EXAMPLE: dict[str, Any] = {
    "id": _ID,
    **_CREATE,
    "state": "active",
    "paused_reason": None,
    "paused_at": None,
    "key_id": None,
    "previous_secret_until": None,
    "created_at": "2026-01-01T12:00:00Z",
    "updated_at": "2026-01-01T12:00:00Z",
}

WebhookId = Annotated[UUID, Path(description="id of the webhook", examples=[_ID])]
StreamId = Annotated[UUID, Path(description="id of a chat, or of the account itself", examples=[_STREAM])]
State = Literal["active", "paused"]
ServerReason = Literal["failed", "gone", "secret_lost"]
"""Why the server pauses a webhook."""
PausedReason = Literal["owner", ServerReason]


def _unique(values: list[Any] | None) -> list[Any] | None:
    return None if values is None else list(dict.fromkeys(values))


Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_URL,
        description="`https`; `http` only inside `EGRESS_ALLOW_NETWORKS`. Without a user name and a password",
    ),
]
Kind = Annotated[str, Field(max_length=64, pattern=r"^[a-z][a-z_]*\.([a-z][a-z_]*|\*)$", examples=["message.*"])]
Kinds = Annotated[
    list[Kind] | None,
    Field(min_length=1, max_length=100, description="kinds of events, `message.*` for all of a group; null: all"),
    AfterValidator(_unique),
]
ChatIds = Annotated[
    list[UUID] | None,
    Field(
        min_length=1,
        max_length=100,
        description="only events of these chats; null: of all chats and of the account's own stream",
    ),
    AfterValidator(_unique),
]
Description = Annotated[str, Field(max_length=200), AfterValidator(check_prose)]


class WebhookCreate(RequestModel):
    """A new webhook. It starts with the events after its creation."""

    model_config = ConfigDict(json_schema_extra={"example": _CREATE})

    url: Url
    kinds: Kinds = None
    chat_ids: ChatIds = None
    description: Description = ""


class WebhookUpdate(RequestModel):
    """Fields of a webhook to change. Missing fields stay unchanged.

    `"state": "active"` resumes a paused webhook where it stopped.
    """

    model_config = ConfigDict(json_schema_extra={"example": {"kinds": ["message.created"], "state": "active"}})

    url: Annotated[Url, NOT_NULL] = UNCHANGED
    kinds: Kinds = None
    chat_ids: ChatIds = None
    description: Annotated[Description, NOT_NULL] = UNCHANGED
    state: Annotated[State, NOT_NULL] = UNCHANGED


class WebhookRead(ResponseModel):
    """A webhook without its secret."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    id: UUID
    url: str
    kinds: list[str] | None
    chat_ids: list[UUID] | None
    description: str
    state: State
    paused_reason: PausedReason | None = Field(
        description="`owner`: by PATCH; `failed`: after the last attempt; `gone`: the receiver answered 410; "
        "`secret_lost`: the secret must be rotated"
    )
    paused_at: datetime | None
    key_id: UUID | None = Field(description="the API key that has created it, and with which it ends")
    previous_secret_until: datetime | None = Field(description="until then the secret before the rotation signs, too")
    created_at: datetime
    updated_at: datetime


class WebhookWithSecret(WebhookRead):
    """A webhook with its new secret, which is shown this once."""

    model_config = ConfigDict(json_schema_extra={"example": {**_EXAMPLE, "secret": _SECRET}})

    secret: str = Field(description="the key of the signatures (Standard Webhooks)")


class WebhookTested(ResponseModel):
    """What the receiver said to a test event."""

    model_config = ConfigDict(json_schema_extra={"example": {"status": 204, "error": None, "duration_ms": 35}})

    status: int | None = Field(description="the HTTP status; null without an answer")
    error: str | None = Field(description="`unreachable`, `timeout` or `bad_response`; null with an answer")
    duration_ms: int | None = Field(description="null if the host cannot be reached")


class DeliveryRead(ResponseModel):
    """One attempt to post an event."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "stream_id": _STREAM,
                "seq": 17,
                "kind": "message.created",
                "attempt": 1,
                "at": "2026-01-01T12:00:00Z",
                "status": 500,
                "error": None,
                "duration_ms": 35,
                "next_at": "2026-01-01T12:00:05Z",
            }
        }
    )

    stream_id: UUID
    seq: int
    kind: str | None = Field(description="null with `events_deleted`")
    attempt: int = Field(description="1 for the first attempt; 0 with `events_deleted`")
    at: datetime
    status: int | None
    error: str | None = Field(
        description="`unreachable`, `timeout`, `bad_response`; `events_deleted`: the events up to `seq` were deleted "
        "by the retention before they were posted"
    )
    duration_ms: int | None
    next_at: datetime | None = Field(description="time of the next attempt; null if there is none")


class CursorRead(ResponseModel):
    """How far a webhook is in a stream."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"stream_id": _STREAM, "seq": 17, "last_seq": 19, "attempts": 0, "next_at": None}}
    )

    stream_id: UUID
    seq: int = Field(description="the last event that was posted or passed")
    last_seq: int = Field(description="the newest event of the stream")
    attempts: int = Field(description="failed attempts at the next event")
    next_at: datetime | None


class CursorReplace(RequestModel):
    """The last event that counts as posted: a lower number replays events, a higher one skips them."""

    model_config = ConfigDict(json_schema_extra={"example": {"seq": 1}})

    seq: BodyInt


@scoped("webhooks:write")
class WebhookPayload(ResponseModel):
    """A webhook was created, changed or deleted, or its secret was rotated."""

    model_config = ConfigDict(json_schema_extra={"example": {"webhook_id": _ID}})

    webhook_id: UUID


@scoped("webhooks:write")
class WebhookPausedPayload(WebhookPayload):
    """The server posts nothing to a webhook until its owner resumes it."""

    model_config = ConfigDict(json_schema_extra={"example": {"webhook_id": _ID, "reason": "failed"}})

    reason: ServerReason


EVENTS: dict[str, type[ResponseModel]] = {
    "webhook.created": WebhookPayload,
    "webhook.changed": WebhookPayload,
    "webhook.paused": WebhookPausedPayload,
    "webhook.deleted": WebhookPayload,
}
EVENT_TEXTS = (EventText("webhook.paused", "account", "`webhook_id`, `reason` (`failed`, `gone`, `secret_lost`)"),)
