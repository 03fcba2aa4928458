from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path
from pydantic import AfterValidator, ConfigDict, Field

from app.modules.base_module.schemas import (
    NOT_BLANK,
    NOT_NULL,
    UNCHANGED,
    Page,
    RequestModel,
    ResponseModel,
    check_name,
)
from app.utils.event_texts import EventText

_ID = "5d8e1c3a-7f20-4b69-8c14-9a2e6f0b7d53"
_CHAT = "6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91"
_ANNA = "0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11"
_EXAMPLE: dict[str, Any] = {
    "id": _ID,
    "chat_id": _CHAT,
    "name": "Сборка",
    "account_id": _ANNA,
    "created_at": "2026-01-01T12:00:00Z",
}
TOKEN_EXAMPLE = "bxwdfk8MSleb" + "A" * 52
MAX_NAME = 80
DEFAULT_NAME = "incoming-webhook"
"""The same as Slack's."""

HookId = Annotated[UUID, Path(description="id of the incoming webhook", examples=[_ID])]
HookName = Annotated[
    str,
    Field(min_length=1, max_length=MAX_NAME, examples=["Сборка"], json_schema_extra={"pattern": NOT_BLANK}),
    AfterValidator(check_name),
]


class IncomingWebhookCreate(RequestModel):
    """A new incoming webhook. Its messages are shown under the name."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "Сборка"}})

    name: HookName = DEFAULT_NAME


class IncomingWebhookUpdate(RequestModel):
    """Omitted fields stay unchanged. Earlier messages keep the name that they were posted under."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "Сборка и тесты"}})

    name: Annotated[HookName, NOT_NULL] = UNCHANGED


class IncomingWebhookRead(ResponseModel):
    """An incoming webhook without its address."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    id: UUID
    chat_id: UUID
    name: str
    account_id: UUID = Field(description="the account that has created it, and the sender of its messages")
    created_at: datetime


class IncomingWebhooksRead(Page[IncomingWebhookRead]):
    """All incoming webhooks of a chat, the newest first."""


class IncomingWebhookCreated(IncomingWebhookRead):
    """A new incoming webhook. `url` is shown this once."""

    model_config = ConfigDict(
        json_schema_extra={"example": {**_EXAMPLE, "url": f"http://localhost:8788/api/v1/hooks/{TOKEN_EXAMPLE}"}}
    )

    url: str = Field(description="the address to post to, which is a secret: it needs no other token")


class ViaHook(ResponseModel):
    """The incoming webhook that has posted the message. Clients show `username`, or else `name`, as the author."""

    model_config = ConfigDict(json_schema_extra={"example": {"id": _ID, "name": "Сборка", "username": None}})

    id: UUID
    name: str = Field(description="name of the webhook when the message was posted")
    username: str | None = Field(
        description="name that the program has chosen for this message; null if the message is deleted"
    )


class HookPayload(ResponseModel):
    """An incoming webhook of the chat was created or renamed."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"chat_id": _CHAT, "id": _ID, "name": "Сборка", "actor_id": _ANNA}}
    )

    chat_id: UUID
    id: UUID
    name: str
    actor_id: UUID


class HookCreatedPayload(HookPayload):
    """An incoming webhook of the chat was created. `actor_id` is the sender of its messages."""


class HookUpdatedPayload(HookPayload):
    """An incoming webhook of the chat was renamed."""


class HookDeletedPayload(ResponseModel):
    """An incoming webhook of the chat has ended."""

    model_config = ConfigDict(json_schema_extra={"example": {"chat_id": _CHAT, "id": _ID, "actor_id": _ANNA}})

    chat_id: UUID
    id: UUID
    actor_id: UUID | None = Field(
        description="null if the account that had created it has left or was erased, or if its API key has ended"
    )


EVENTS: dict[str, type[ResponseModel]] = {
    "incoming_webhook.created": HookCreatedPayload,
    "incoming_webhook.updated": HookUpdatedPayload,
    "incoming_webhook.deleted": HookDeletedPayload,
}

EVENT_TEXTS = (
    EventText(
        "incoming_webhook.created",
        "chat",
        "`chat_id`, `id`, `name`, `actor_id`, who is the sender of its messages",
        "`chat_id`, `id`, `name`, `actor_id` — отправитель его сообщений",
    ),
    EventText(
        "incoming_webhook.updated",
        "chat",
        "`chat_id`, `id`, the new `name`, `actor_id`",
        "`chat_id`, `id`, новое `name`, `actor_id`",
    ),
    EventText(
        "incoming_webhook.deleted",
        "chat",
        "`chat_id`, `id`, `actor_id`; null if the account that had created it has left or was erased, or if its API "
        "key has ended",
        "`chat_id`, `id`, `actor_id`; null, если создавший его аккаунт вышел из чата или стёрт или если создавший его "
        "ключ API больше не действует",
    ),
)
