"""Requests and responses of sign-in and of sessions."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from app.modules.accounts_module.extension import Grant
from app.modules.base_module.schemas import RequestModel, ResponseModel, extended
from app.services.errors import ValidationFailed

# Phone keyboards add a space at the end. No username and no email has one.
Login = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=254), Field(examples=["anna"])]
GivenPassword = Annotated[str, Field(max_length=256, examples=["correct horse battery"])]


DeviceToken = Annotated[
    str,
    Field(
        max_length=2048,
        description="the `device_token` of an earlier sign-in on this device; with it, wrong passwords of others "
        "do not delay this sign-in",
        examples=["eyJhbGciOiJIUzI1NiIs..."],
    ),
]


class SignIn(RequestModel):
    """Credentials. `login` is the email or the username."""

    model_config = ConfigDict(json_schema_extra={"example": {"login": "anna", "password": "correct horse battery"}})

    login: Login
    password: GivenPassword
    device_token: DeviceToken | None = None


class TokenForm(RequestModel):
    """The password form of OAuth2. Unknown fields are ignored, as OAuth2 requires."""

    model_config = ConfigDict(extra="ignore")

    grant_type: Literal["password"] = "password"
    username: Login
    password: GivenPassword
    device_token: DeviceToken | None = None


def token_form(grants: Sequence[Grant]) -> type[TokenForm]:
    """Returns the form with the fields of further grants. Which of them are required depends on the grant."""
    if not grants:
        return TokenForm
    names = ("password", *(grant.name for grant in grants))
    optional: dict[str, Any] = {"username": Login, "password": GivenPassword}
    for grant in grants:
        optional |= grant.fields
    fields: dict[str, Any] = {name: (annotation, None) for name, annotation in optional.items()}
    fields["grant_type"] = (Literal[names], "password")
    return extended(TokenForm, fields, {})


def check_form(form: TokenForm, required: Iterable[str]) -> None:
    """Raises ValidationFailed if a field that the grant requires is missing."""
    for name in required:
        if getattr(form, name) is None:
            raise ValidationFailed(("body", name), "Field required", "missing")


class TokenPair(ResponseModel):
    """The tokens of a session. `expires_in` is the lifetime of the access token in seconds."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "access_token": "eyJhbGciOiJIUzI1NiIs...",
                "refresh_token": "eyJhbGciOiJIUzI1NiIs...",
                "token_type": "bearer",
                "expires_in": 900,
            }
        }
    )

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"]
    expires_in: int


class SignedIn(TokenPair):
    """The tokens of a new session. Keep `device_token` after signing out and send it with the next sign-in."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "access_token": "eyJhbGciOiJIUzI1NiIs...",
                "refresh_token": "eyJhbGciOiJIUzI1NiIs...",
                "token_type": "bearer",
                "expires_in": 900,
                "device_token": "eyJhbGciOiJIUzI1NiIs...",
            }
        }
    )

    device_token: str


class RefreshRequest(RequestModel):
    model_config = ConfigDict(json_schema_extra={"example": {"refresh_token": "eyJhbGciOiJIUzI1NiIs..."}})

    refresh_token: Annotated[str, Field(max_length=2048)]


class SessionRead(ResponseModel):
    """A session: a device that is signed in."""

    id: UUID
    user_agent: str = Field(examples=["Mozilla/5.0"])
    address: str = Field(examples=["127.0.0.1"])
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bool = Field(description="True for the session that sends this request")
