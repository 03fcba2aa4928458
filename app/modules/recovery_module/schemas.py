from typing import Annotated

from pydantic import ConfigDict, Field

from app.modules.accounts_module.schemas import Email, Password
from app.modules.base_module.schemas import RequestModel

Token = Annotated[
    str,
    Field(
        max_length=256,
        description="token in the link of the mail",
        examples=["Zk2V0yB1s7Zc8tWcUu0m3J6m1n4Qe5R7x9Yp2Aa4Bd8"],
    ),
]


class TokenGiven(RequestModel):
    """The token of a mail."""

    model_config = ConfigDict(json_schema_extra={"example": {"token": "Zk2V0yB1s7Zc8tWcUu0m3J6m1n4Qe5R7x9Yp2Aa4Bd8"}})

    token: Token


class PasswordForgotten(RequestModel):
    """The address of the account."""

    model_config = ConfigDict(json_schema_extra={"example": {"email": "anna@example.com"}})

    email: Email


class PasswordReset(RequestModel):
    """The token of a mail, and the new password."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "token": "Zk2V0yB1s7Zc8tWcUu0m3J6m1n4Qe5R7x9Yp2Aa4Bd8",
                "new_password": "staple of the new house",
            }
        }
    )

    token: Token
    new_password: Password
