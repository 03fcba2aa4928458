from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.dependencies.scopes import scoped
from app.modules.accounts_module.extension import Erasure
from app.modules.base_module.schemas import RequestModel, ResponseModel


class Deactivation(RequestModel):
    """The password of the account or a code of its second factor, and what happens to its messages."""

    model_config = ConfigDict(json_schema_extra={"example": {"password": "correct horse battery", "messages": "keep"}})

    password: Annotated[
        str | None,
        Field(max_length=256, description="without it and `code`, the session must be younger than 10 minutes"),
    ] = None
    code: Annotated[
        str | None,
        Field(min_length=1, max_length=64, description="a code of the second factor, in place of the password"),
    ] = None
    messages: Annotated[
        Erasure, Field(description="`keep`: the messages stay without a name; `delete`: they are deleted")
    ]


class Deactivated(ResponseModel):
    """The account is deactivated. Signing in before `erase_at` brings it back."""

    model_config = ConfigDict(json_schema_extra={"example": {"erase_at": "2026-01-15T12:00:00Z"}})

    erase_at: datetime


@scoped(None)
class DeactivatedPayload(Deactivated):
    """The account was deactivated by its owner."""


@scoped(None)
class ReactivatedPayload(ResponseModel):
    """The owner of a deactivated account has signed in again."""

    model_config = ConfigDict(json_schema_extra={"example": {"account_id": "0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11"}})

    account_id: UUID


EVENTS: dict[str, type[ResponseModel]] = {
    "account.deactivated": DeactivatedPayload,
    "account.reactivated": ReactivatedPayload,
}
