"""What providers answer, as far as the server reads it (OpenID Connect Discovery 1.0, Core 1.0)."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.modules.base_module.schemas import check_text

Text = Annotated[str, Field(min_length=1, max_length=4096), AfterValidator(check_text)]
Token = Annotated[str, Field(min_length=1, max_length=65_536), AfterValidator(check_text)]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Metadata(_Answer):
    """The document at `/.well-known/openid-configuration`."""

    issuer: Text
    authorization_endpoint: Text
    token_endpoint: Text
    jwks_uri: Text
    userinfo_endpoint: Text | None = None
    scopes_supported: Sequence[str] = ()
    token_endpoint_auth_methods_supported: Sequence[str] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class KeySet(_Answer):
    """The provider's public keys (RFC 7517)."""

    keys: Sequence[dict[str, Any]]


class Tokens(_Answer):
    """The answer of the token endpoint."""

    access_token: Token
    refresh_token: Token | None = None
    id_token: Token | None = None
    expires_in: Annotated[int, Field(ge=0)] = 3600


class Claims(_Answer):
    """What a provider says about a person. Everything but `sub` may be missing, and may be anything."""

    sub: Annotated[str, Field(min_length=1, max_length=255), AfterValidator(check_text)]
    email: Any = None
    email_verified: Any = None
    preferred_username: Any = None
    nickname: Any = None
    name: Any = None
