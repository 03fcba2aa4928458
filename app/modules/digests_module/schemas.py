"""The settings that this module adds to those of notifications."""

from typing import Annotated, Literal

from pydantic import Field, StrictInt

from app.modules.notifications_module.extension import NotificationSetting

EMAIL = NotificationSetting(
    "email",
    Annotated[
        Literal["none", "mentions", "all"],
        Field(
            description="which unread messages are mailed: `mentions` are those that mention the account, and all of "
            "direct chats"
        ),
    ],
    "mentions",
)
DIGEST_AFTER = NotificationSetting(
    "digest_after_minutes",
    Annotated[
        StrictInt,
        Field(
            ge=5,
            le=10_080,
            description="minutes after which an unread message is mailed, and that pass between two such mails",
        ),
    ],
    60,
)
