from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field

from app.modules.base_module.schemas import RequestModel, ResponseModel

MAX_OF_MESSAGE = 10
MAX_URLS = 100
State = Literal["uploading", "processing", "ready", "refused"]
Kind = Literal["image", "video", "audio", "file"]

_EXAMPLE: dict[str, Any] = {
    "id": "2f0a4c9e-5d1b-4c53-9a63-1c1f2b7f9d10",
    "filename": "Отпуск.jpg",
    "content_type": "image/jpeg",
    "size": 48213,
    "width": 1600,
    "height": 1200,
    "blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
    "state": "ready",
}


class AttachmentInMessage(ResponseModel):
    """A file of a message. `GET /attachments/{id}` has its addresses."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    id: UUID
    filename: str
    content_type: str
    size: int | None = Field(description="bytes of what is served; null until `ready`")
    width: int | None
    height: int | None
    blurhash: str | None
    state: State


class Preview(ResponseModel):
    """A smaller image."""

    name: Literal["small", "large"]
    width: int = Field(examples=[320])
    height: int = Field(examples=[240])
    url: str | None


class AttachmentUrls(ResponseModel):
    """Addresses of a file and its previews. They need no token, and are valid until `url_expires_at`."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": _EXAMPLE["id"],
                "url": "/files/AbC",
                "url_expires_at": "2026-01-01T12:10:00Z",
                "previews": [{"name": "small", "width": 320, "height": 240, "url": "/files/AbC.small"}],
            }
        }
    )

    id: UUID
    url: str | None = Field(description="null until `ready`")
    url_expires_at: datetime | None
    previews: list[Preview]


class AttachmentRead(ResponseModel):
    """A file. `sha256`, `size` and `url` describe what is served, and are null until `ready`."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                **_EXAMPLE,
                "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                "reason": None,
                "previews": [{"name": "small", "width": 320, "height": 240, "url": "/files/AbC.small"}],
                "url": "/files/AbC",
                "url_expires_at": "2026-01-01T12:10:00Z",
            }
        }
    )

    id: UUID
    filename: str
    content_type: str
    size: int | None
    sha256: str | None
    width: int | None
    height: int | None
    blurhash: str | None
    state: State
    reason: str | None = Field(description="why the file is `refused`")
    previews: list[Preview]
    url: str | None
    url_expires_at: datetime | None


class UrlsCreate(RequestModel):
    """The attachments to get addresses of."""

    model_config = ConfigDict(json_schema_extra={"example": {"ids": ["2f0a4c9e-5d1b-4c53-9a63-1c1f2b7f9d10"]}})

    ids: list[UUID] = Field(min_length=1, max_length=MAX_URLS)


class UrlsRead(ResponseModel):
    """In the order of the request, without those that the caller may not see."""

    items: list[AttachmentUrls]


class ChatAttachment(ResponseModel):
    """A file of a chat, and the sequence number of its message."""

    seq: int = Field(examples=[1])
    attachment: AttachmentRead


class AttachmentTold(ResponseModel):
    """A file is ready, or refused."""

    id: UUID
    filename: str
    content_type: str
    size: int | None
    width: int | None
    height: int | None
    blurhash: str | None
    state: State
    reason: str | None


def _check_unique(ids: list[UUID]) -> list[UUID]:
    if len(set(ids)) < len(ids):
        raise ValueError("each attachment once")
    return ids


AttachmentIds = Annotated[list[UUID], Field(max_length=MAX_OF_MESSAGE), AfterValidator(_check_unique)]

EVENTS: dict[str, type[ResponseModel]] = {
    "attachment.ready": AttachmentTold,
    "attachment.refused": AttachmentTold,
}
