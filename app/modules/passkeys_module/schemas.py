"""Requests and answers. Credentials have the JSON form of WebAuthn Level 3, as `credential.toJSON()` returns it."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path
from pydantic import AfterValidator, ConfigDict, Field

from app.modules.accounts_module.schemas import DeviceToken
from app.modules.base_module.schemas import NOT_BLANK, RequestModel, ResponseModel, check_name

_Base64 = Annotated[str, Field(max_length=12_000, pattern=r"^[A-Za-z0-9_-]*$")]
_Id = Annotated[str, Field(min_length=1, max_length=1_400, pattern=r"^[A-Za-z0-9_-]+$")]
_ID = "dGhlIGlkIG9mIGEgcGFzc2tleQ"
_REGISTRATION: dict[str, Any] = {
    "id": _ID,
    "rawId": _ID,
    "type": "public-key",
    "response": {"clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIn0", "attestationObject": "o2NmbXRkbm9uZQ"},
}
_ASSERTION: dict[str, Any] = {
    "id": _ID,
    "rawId": _ID,
    "type": "public-key",
    "response": {
        "clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0",
        "authenticatorData": "SZYN5YgOjGh0NBcPZHZgW4",
        "signature": "MEUCIQDGf2q",
        "userHandle": "DZ-bwBweTQ",
    },
}
PasskeyId = Annotated[
    UUID, Path(description="id of the passkey, from the list", examples=["5d0f9b1c-7a3e-4c2d-9e8f-1a2b3c4d5e6f"])
]


class _Part(RequestModel):
    """Browsers add fields that the server does not need."""

    model_config = ConfigDict(extra="ignore")


class Attestation(_Part):
    client_data: _Base64 = Field(alias="clientDataJSON")
    attestation: _Base64 = Field(alias="attestationObject")


class Assertion(_Part):
    client_data: _Base64 = Field(alias="clientDataJSON")
    authenticator_data: _Base64 = Field(alias="authenticatorData")
    signature: _Base64
    user_handle: _Base64 | None = Field(None, alias="userHandle")


class _Credential(_Part):
    id: _Id
    raw_id: _Id = Field(alias="rawId")
    type: Literal["public-key"]


class NewCredential(_Credential):
    """What `navigator.credentials.create` returned."""

    response: Attestation


class GivenCredential(_Credential):
    """What `navigator.credentials.get` returned."""

    response: Assertion


class PasskeyCreate(RequestModel):
    """A new passkey."""

    model_config = ConfigDict(json_schema_extra={"example": {"credential": _REGISTRATION, "name": "Телефон"}})

    credential: NewCredential
    name: Annotated[
        str,
        Field(min_length=1, max_length=64, json_schema_extra={"pattern": NOT_BLANK}),
        AfterValidator(check_name),
    ] = "Passkey"


class PasskeySignIn(RequestModel):
    """A sign-in with a passkey."""

    model_config = ConfigDict(json_schema_extra={"example": {"credential": _ASSERTION}})

    credential: GivenCredential
    device_token: DeviceToken | None = None


class CreationOptions(ResponseModel):
    """The options of a new passkey, in the JSON form of WebAuthn Level 3, with all members that it has."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "rp": {"id": "chat.example.org", "name": "Messenger Backend"},
                "user": {"id": "DZ-bwBweTQ", "name": "anna", "displayName": "Анна"},
                "challenge": "q5t2hx7vnm3kw4yd6pfr2asg",
                "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
            }
        },
    )

    challenge: str


class RequestOptions(ResponseModel):
    """The options of a sign-in, in the JSON form of WebAuthn Level 3, with all members that it has."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "challenge": "q5t2hx7vnm3kw4yd6pfr2asg",
                "rpId": "chat.example.org",
                "userVerification": "required",
            }
        },
    )

    challenge: str


class PasskeyRead(ResponseModel):
    """A passkey of the caller."""

    id: UUID
    name: str = Field(examples=["Телефон"])
    created_at: datetime
    last_used_at: datetime | None
    is_synced: bool = Field(description="true if its provider copies it to other devices of the user")
