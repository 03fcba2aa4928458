from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict

from app.dependencies.scopes import scoped
from app.modules.base_module.schemas import ResponseModel
from app.utils.event_texts import EventText

_EXAMPLE: dict[str, Any] = {"account_id": "b6a1c1d7-52f0-4d0a-9b0e-2f8d3c5b7a91"}


class BlockRead(ResponseModel):
    """An account that the caller has blocked."""

    model_config = ConfigDict(json_schema_extra={"example": {**_EXAMPLE, "blocked_at": "2026-01-01T12:00:00Z"}})

    account_id: UUID
    blocked_at: datetime


@scoped(None)
class AccountBlocked(ResponseModel):
    """The account has blocked another one."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    account_id: UUID


@scoped(None)
class AccountUnblocked(ResponseModel):
    """A block of the account has ended: it was taken back, or the blocked account was erased."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    account_id: UUID


EVENTS: dict[str, type[ResponseModel]] = {"account.blocked": AccountBlocked, "account.unblocked": AccountUnblocked}

EVENT_TEXTS = (
    EventText(
        "account.blocked",
        "account",
        "`account_id` of the blocked account; only the account that blocks has the event",
        "`account_id` заблокированного; событие есть только у того, кто блокирует",
    ),
)
