"""The payloads of account events, which are written to the account's own stream."""

from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from app.modules.base_module.schemas import ResponseModel
from app.utils.event_texts import EventText


class AccountPayload(ResponseModel):
    """The account was changed."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11",
                "username": "anna",
                "display_name": "Анна",
                "bio": "Пишу код и письма",
            }
        }
    )

    id: UUID
    username: str
    display_name: str
    bio: str
    who_may_add: Literal["everyone", "nobody"] | None = Field(None, description="present if it was changed")


EVENTS: dict[str, type[ResponseModel]] = {"account.updated": AccountPayload}

EVENT_TEXTS = (
    EventText(
        "account.updated",
        "account",
        "`id`, `username`, `display_name`, `bio`; `who_may_add` if it was in the request",
        "`id`, `username`, `display_name`, `bio`; `who_may_add`, если он передан",
    ),
)
