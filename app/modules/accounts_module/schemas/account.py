"""Requests and responses of accounts, and the types of their fields."""

import re
from datetime import datetime
from functools import cache
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from fastapi import Path
from pydantic import AfterValidator, ConfigDict, Field

from app.modules.accounts_module.extension import AccountPart, public_parts
from app.modules.base_module.schemas import (
    NOT_BLANK,
    NOT_NULL,
    UNCHANGED,
    RequestModel,
    ResponseModel,
    check_name,
    check_prose,
    with_parts,
    with_updates,
)
from app.utils.canonical import fold, normalize_email
from app.utils.module import Modules

_USERNAME = re.compile(r"[A-Za-z0-9_.]{3,32}")
_NO_NAME = re.compile(r"[_.]+")


def _check_username(value: str) -> str:
    # Check before folding: the kelvin sign (U+212A) would become a k.
    if not _USERNAME.fullmatch(value):
        raise ValueError("must have 3 to 32 characters of a-z, 0-9, _ and .")
    if _NO_NAME.fullmatch(value):
        raise ValueError("must have at least one letter or digit")
    return fold(value)


WhoMayAdd = Literal["everyone", "nobody"]
AccountId = Annotated[UUID, Path(description="id of the account", examples=["0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11"])]
Username = Annotated[
    str,
    AfterValidator(_check_username),
    Field(max_length=32, examples=["anna"], json_schema_extra={"pattern": "^[A-Za-z0-9_.]{3,32}$"}),
]
Email = Annotated[
    str,
    Field(max_length=254, examples=["anna@example.com"], json_schema_extra={"format": "email"}),
    AfterValidator(normalize_email),
]
MIN_PASSWORD = 8
Password = Annotated[str, Field(min_length=MIN_PASSWORD, max_length=256, examples=["correct horse battery"])]
DisplayName = Annotated[
    str,
    Field(min_length=1, max_length=64, examples=["Анна"], json_schema_extra={"pattern": NOT_BLANK}),
    AfterValidator(check_name),
]
Bio = Annotated[str, Field(max_length=500, examples=["Пишу код и письма"]), AfterValidator(check_prose)]


class SignUp(RequestModel):
    """A new account. Without a display name the username is shown."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "email": "anna@example.com",
                "password": "correct horse battery",
                "username": "anna",
                "display_name": "Анна",
            }
        }
    )

    email: Email
    password: Password
    username: Username
    display_name: DisplayName | None = None


class AccountSignedUp(ResponseModel):
    """The created account."""

    id: UUID
    email: str = Field(examples=["anna@example.com"])
    username: str = Field(examples=["anna"])
    display_name: str = Field(examples=["Анна"])
    created_at: datetime


class AccountMe(ResponseModel):
    """The caller's account. `event_seq` is the sequence number of the newest event in its stream."""

    id: UUID
    email: str | None = Field(
        description="null for a bot, and for an account that has no address", examples=["anna@example.com"]
    )
    username: str = Field(examples=["anna"])
    display_name: str = Field(examples=["Анна"])
    created_at: datetime
    bio: str = Field(examples=["Пишу код и письма"])
    who_may_add: WhoMayAdd = Field(description="who may add the account to groups and channels")
    is_admin: bool
    updated_at: datetime
    event_seq: int = Field(examples=[7])


class AccountUpdate(RequestModel):
    """Omitted fields stay unchanged. Null removes the value; without a display name the username is shown."""

    model_config = ConfigDict(json_schema_extra={"example": {"display_name": "Анна К.", "bio": "Пишу код и письма"}})

    username: Annotated[Username, NOT_NULL] = UNCHANGED
    display_name: DisplayName | None = None
    bio: Bio | None = None
    who_may_add: Annotated[
        WhoMayAdd,
        NOT_NULL,
        Field(description="who may add the account to groups and channels; anyone may open a direct chat"),
    ] = UNCHANGED


class AccountPublic(ResponseModel):
    """The public fields of an account."""

    id: UUID
    username: str = Field(examples=["anna"])
    display_name: str = Field(description="empty for an erased account", examples=["Анна"])
    bio: str = Field(examples=["Пишу код и письма"])
    online: bool
    last_seen_at: datetime | None


class PasswordChange(RequestModel):
    """The current and the new password."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"current_password": "correct horse battery", "new_password": "staple of the new house"}
        }
    )

    current_password: Annotated[str, Field(max_length=256)]
    new_password: Password


class AccountModels(NamedTuple):
    """The models of one application, with the fields that its modules contribute."""

    me: type[AccountMe]
    public: type[AccountPublic]
    update: type[AccountUpdate]


@cache
def account_models(modules: Modules) -> AccountModels:
    """Returns the models of one application, which are made once."""
    parts = modules.contributions(AccountPart)
    return AccountModels(
        with_parts(AccountMe, parts, modules),
        with_parts(AccountPublic, public_parts(modules), modules),
        with_updates(AccountUpdate, parts),
    )
