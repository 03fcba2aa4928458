"""The payloads of account events, which are written to the account's own stream."""

from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from app.dependencies.scopes import scoped
from app.modules.accounts_module.schemas.account import WhoMayAdd
from app.modules.base_module.schemas import ResponseModel
from app.utils.event_texts import EventText


@scoped("profile:read")
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
    who_may_add: WhoMayAdd | None = Field(None, description="present if it was in the request")


@scoped(None)
class SignedInPayload(ResponseModel):
    """A session was opened."""

    session_id: UUID
    user_agent: str = Field(examples=["Mozilla/5.0"])
    address: str = Field(examples=["127.0.0.1"])


@scoped(None)
class PasswordChangedPayload(ResponseModel):
    """The account has another password."""

    by: Literal["password", "mail", "operator"] = Field(
        description="`password`: the caller knew the current one; `mail`: by a link of a mail; `operator`: by the "
        "operator of the server"
    )


@scoped(None)
class FactorPayload(ResponseModel):
    """A way to sign in was added or removed."""

    factor: str = Field(
        description="`totp` (an authenticator app), `recovery_codes`, `passkey`, or what another module calls its own",
        examples=["totp"],
    )


EVENTS: dict[str, type[ResponseModel]] = {
    "account.updated": AccountPayload,
    "security.signed_in": SignedInPayload,
    "security.password_changed": PasswordChangedPayload,
    "security.factor_added": FactorPayload,
    "security.factor_removed": FactorPayload,
}

EVENT_TEXTS = (
    EventText(
        "account.updated",
        "account",
        "`id`, `username`, `display_name`, `bio`; `who_may_add` if it was in the request",
        "`id`, `username`, `display_name`, `bio`; `who_may_add`, если он передан",
    ),
    EventText(
        "security.password_changed",
        "account",
        "`by`: `password`, `mail` or `operator`",
        "`by`: `password`, `mail` или `operator`",
    ),
    EventText("security.factor_added", "account", "`factor`: `totp`, `recovery_codes`, `passkey`"),
)
