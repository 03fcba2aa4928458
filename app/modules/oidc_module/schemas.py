from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query
from pydantic import ConfigDict, Field

from app.dependencies.scopes import scoped
from app.modules.base_module.schemas import RequestModel, ResponseModel, Storable

_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
_CODE = "Pz8cB0m2wqS5d1n7Xk4vT6hY9jL3rG0fUaEoCiQyNbM"
_VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
Code = Annotated[
    str,
    Field(max_length=128, description="the one-time code that came with the redirect", examples=[_CODE]),
]
Verifier = Annotated[
    str,
    Field(
        min_length=43,
        max_length=128,
        pattern=r"^[A-Za-z0-9._~-]+$",
        description="the verifier of `code_challenge` (RFC 7636)",
        examples=[_VERIFIER],
    ),
]
ProviderId = Annotated[
    str,
    Path(
        alias="id",
        max_length=64,
        pattern=r"^[a-z0-9_]+$",
        description="id of the provider, from the list",
        examples=["google"],
    ),
]
IdentityId = Annotated[
    UUID, Path(description="id of the identity, from the list", examples=["7c9e6679-7425-40de-944b-e07fc1f90ae7"])
]
Redirect = Annotated[
    Storable,
    Query(
        max_length=2048,
        description="address that the browser returns to: a page of this server, or one of `OIDC_REDIRECTS`",
        examples=["/ui/"],
    ),
]
Challenge = Annotated[
    str,
    Query(
        pattern=r"^[A-Za-z0-9_-]{43}$",
        description="the SHA-256 of the application's verifier in base64url (RFC 7636)",
        examples=[_CHALLENGE],
    ),
]
AppState = Annotated[
    Storable | None, Query(max_length=512, description="returned unchanged with the code", examples=["tab-1"])
]
State = Annotated[
    str, Query(max_length=512, description="the state of the request to the provider", examples=["af0ifjsldkj"])
]
ProviderCode = Annotated[str | None, Query(max_length=4096, description="the provider's code")]
ProviderError = Annotated[str | None, Query(max_length=256, description="why the provider gives no code")]
ProviderIssuer = Annotated[str | None, Query(max_length=512, description="issuer of the answer (RFC 9207)")]
Method = Annotated[Literal["S256"], Query(description="method of `code_challenge`")]


class ProviderRead(ResponseModel):
    """A provider that accounts may sign in with."""

    id: str = Field(examples=["google"])
    name: str = Field(description="text of the button", examples=["Google"])


class IdentityRead(ResponseModel):
    """An account at a provider that signs in to this account."""

    id: UUID
    provider: str = Field(description="id of the provider; it may have been removed since", examples=["google"])
    email: str | None = Field(description="the address that the provider named last", examples=["anna@example.com"])
    created_at: datetime
    last_used_at: datetime


class IdentityCreate(RequestModel):
    """The one-time code of a sign-in by a provider, and its verifier."""

    model_config = ConfigDict(json_schema_extra={"example": {"code": _CODE, "code_verifier": _VERIFIER}})

    code: Code
    code_verifier: Verifier


@scoped(None)
class IdentityPayload(ResponseModel):
    """An identity of a provider was linked to the account, or removed from it."""

    identity_id: UUID
    provider: str = Field(examples=["google"])
    email: str | None = Field(examples=["anna@example.com"])


EVENTS: dict[str, type[ResponseModel]] = {
    "security.identity_linked": IdentityPayload,
    "security.identity_removed": IdentityPayload,
}
