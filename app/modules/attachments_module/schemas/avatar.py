from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from app.modules.base_module.schemas import RequestModel, ResponseModel

_ID = "2f0a4c9e-5d1b-4c53-9a63-1c1f2b7f9d10"
_EXAMPLE: dict[str, Any] = {"id": _ID, "url": "/avatars/AbC"}


class AvatarRead(ResponseModel):
    """An avatar. Its address needs no token, is bound to the viewer, and stays the same until the avatar changes."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    id: UUID = Field(description="the attachment")
    url: str = Field(description="the image, its longer side at most 320 pixels", examples=["/avatars/AbC"])


class AvatarUpdate(RequestModel):
    """An image of the caller that is `ready`, and that no message and no other avatar has."""

    model_config = ConfigDict(json_schema_extra={"example": {"attachment_id": _ID}})

    attachment_id: UUID
