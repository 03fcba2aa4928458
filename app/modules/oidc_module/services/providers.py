"""The providers that the operator has set up, and the requests to them."""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import quote_plus, urlencode, urlsplit

from pydantic import BaseModel, ValidationError

from app.adapters.clients.http import EgressError, HttpClient, HttpResponse
from app.modules.oidc_module.errors import ProviderNotFound, ProviderUnavailable
from app.modules.oidc_module.services import id_tokens
from app.modules.oidc_module.services.messages import Claims, KeySet, Metadata, Tokens
from app.modules.oidc_module.services.refusals import Refused, Unvouched
from app.modules.oidc_module.settings import OidcSettings, ProviderSettings
from app.utils.container import Container

Answer = TypeVar("Answer", bound=BaseModel)

_METADATA_SECONDS = 3600.0
_KEYS_SECONDS = 60.0
"""The shortest time between two looks at the keys. Otherwise tokens with invented key ids would cause requests."""
_DEFAULT_SCOPES = "openid email profile"


class Provider:
    """One provider. Its metadata and keys are kept in memory."""

    def __init__(self, provider_id: str, settings: ProviderSettings, container: Container) -> None:
        self.id = provider_id
        self.issuer = settings.issuer
        self.settings = settings
        self._container = container
        self._schemes = ("https",) if settings.issuer.startswith("https:") else ("http", "https")
        self._metadata: tuple[Metadata, float] | None = None
        self._keys: tuple[KeySet, float] | None = None

    @property
    def name(self) -> str:
        """What people see on the button."""
        return self.settings.name or self.id.replace("_", " ").title()

    async def authorization_url(self, redirect_uri: str, state: str, nonce: str, challenge: str) -> str:
        """Returns where the browser is sent. Raises ProviderUnavailable."""
        metadata = await self.metadata()
        endpoint = metadata.authorization_endpoint
        if urlsplit(endpoint).scheme not in self._schemes:
            raise ProviderUnavailable
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": self._scopes(metadata),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            # Google gives a refresh token only for this; all others ignore it, as RFC 6749 (3.1) demands.
            "access_type": "offline",
        }
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(asked)}"

    async def check_issuer_of_return(self, issuer: str | None) -> None:
        """Raises Refused if the browser comes back from another provider (RFC 9207)."""
        if issuer is None and not (await self.metadata()).authorization_response_iss_parameter_supported:
            return
        if issuer != self.issuer:
            raise Refused("the browser has come back from another provider")

    async def redeem(self, code: str, verifier: str, redirect_uri: str, nonce: str) -> tuple[Claims, Tokens]:
        """Exchanges a code. Returns who has signed in, and the provider's tokens.

        Raises Refused, or ProviderUnavailable.
        """
        tokens = await self._ask_for_tokens(
            {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
        )
        if tokens.id_token is None:
            raise Refused("there is no ID token")
        verified = await self._verify(tokens.id_token)
        id_tokens.check_nonce(verified, nonce)
        claims = _parse(Claims, verified)
        if claims.email is None and (await self.metadata()).userinfo_endpoint:
            # All of it is taken from one answer: an address and its verification belong together.
            claims = await self.read_userinfo(tokens.access_token, claims.sub)
        return claims, tokens

    async def refresh(self, refresh_token: str, subject: str) -> Tokens:
        """Returns new tokens. Raises Unvouched, Refused, or ProviderUnavailable."""
        tokens = await self._ask_for_tokens({"grant_type": "refresh_token", "refresh_token": refresh_token})
        if tokens.id_token is not None and (await self._verify(tokens.id_token))["sub"] != subject:
            raise Unvouched("the refresh token belongs to another person by now")
        return tokens

    async def read_userinfo(self, access_token: str, subject: str) -> Claims:
        """Returns what the provider says about the owner of a token. Raises Unvouched, Refused, ProviderUnavailable."""
        endpoint = (await self.metadata()).userinfo_endpoint
        if endpoint is None:
            raise Refused("the provider has no userinfo endpoint")
        response = await self._request("GET", endpoint, {"authorization": f"Bearer {access_token}"})
        if response.status in (401, 403):
            raise Unvouched("the provider does not accept its access token any more")
        claims = _parse(Claims, _json(response))
        if claims.sub != subject:
            raise Refused("the userinfo endpoint names another person")
        return claims

    async def metadata(self) -> Metadata:
        """Returns the metadata. Raises ProviderUnavailable, also if the provider calls itself by another name."""
        if self._metadata is None or self._metadata[1] < monotonic():
            url = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
            try:
                metadata = _parse(Metadata, _json(await self._request("GET", url)))
            except Refused as refusal:
                raise ProviderUnavailable(f"{self.id}: its metadata cannot be read: {refusal}") from None
            if metadata.issuer != self.issuer:
                raise ProviderUnavailable(f"{self.id}: the provider calls itself {metadata.issuer}")
            self._metadata = metadata, monotonic() + _METADATA_SECONDS
        return self._metadata[0]

    async def check(self) -> None:
        """Reads the metadata and the keys. Raises Refused or ProviderUnavailable."""
        if not id_tokens.select_keys((await self._key_set()).keys, None):
            raise Refused("the provider has no key that signs")

    async def _verify(self, token: str) -> dict[str, Any]:
        kid = id_tokens.key_id_of(token)
        keys = id_tokens.select_keys((await self._key_set()).keys, kid)
        if not keys:
            keys = id_tokens.select_keys((await self._key_set(max_age=_KEYS_SECONDS)).keys, kid)
        return id_tokens.verify(token, keys, self.issuer, self.settings.client_id)

    async def _key_set(self, max_age: float = _METADATA_SECONDS) -> KeySet:
        """Returns the keys, read `max_age` seconds ago at most."""
        if self._keys is None or self._keys[1] + max_age < monotonic():
            url = (await self.metadata()).jwks_uri
            self._keys = _parse(KeySet, _json(await self._request("GET", url))), monotonic()
        return self._keys[0]

    async def _ask_for_tokens(self, form: Mapping[str, str]) -> Tokens:
        metadata, settings = await self.metadata(), self.settings
        headers = {"content-type": "application/x-www-form-urlencoded"}
        secret = settings.client_secret.get_secret_value() if settings.client_secret is not None else None
        if secret is None:
            form = {**form, "client_id": settings.client_id}
        elif "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            pair = f"{quote_plus(settings.client_id)}:{quote_plus(secret)}"
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form = {**form, "client_id": settings.client_id, "client_secret": secret}
        response = await self._request("POST", metadata.token_endpoint, headers, urlencode(form).encode())
        if response.status in (400, 401, 403):
            answer = _json(response, is_refusal=True)
            error = answer.get("error") if isinstance(answer, dict) else None
            kind = Unvouched if error == "invalid_grant" else Refused
            raise kind(f"the provider refuses: {str(error)[:100]!r}")
        return _parse(Tokens, _json(response))

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> HttpResponse:
        client = self._container.get(HttpClient)
        try:
            response = await client.request(
                method,
                url,
                purpose="oidc",
                headers={"accept": "application/json", **(headers or {})},
                content=content,
                schemes=self._schemes,
            )
        except EgressError as error:
            raise ProviderUnavailable(f"{self.id}: {error}") from None
        if response.status >= 500 or response.status == 429:
            raise ProviderUnavailable(f"{self.id}: the provider answers {response.status}")
        return response

    def _scopes(self, metadata: Metadata) -> str:
        if self.settings.scopes is not None:
            return self.settings.scopes
        return _DEFAULT_SCOPES + (" offline_access" if "offline_access" in metadata.scopes_supported else "")


class Providers:
    """The providers of one application, by their ids."""

    def __init__(self, settings: OidcSettings, container: Container) -> None:
        self._providers = {
            provider_id: Provider(provider_id, provider, container)
            for provider_id, provider in settings.providers.items()
        }

    def __iter__(self) -> Iterator[Provider]:
        return iter(self._providers.values())

    def get(self, provider_id: str) -> Provider:
        """Returns the provider with this id. Raises ProviderNotFound."""
        provider = self._providers.get(provider_id)
        if provider is None:
            raise ProviderNotFound
        return provider


def _json(response: HttpResponse, *, is_refusal: bool = False) -> Any:
    """Returns the JSON of an answer. Raises Refused for an answer of another status, and for what is no JSON."""
    if response.status != 200 and not is_refusal:
        raise Refused(f"the provider answers {response.status}")
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError):
        raise Refused("the answer is no JSON") from None


def _parse(kind: type[Answer], value: Any) -> Answer:
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise Refused(f"the answer is not valid: {'.'.join(map(str, wrong['loc']))}: {wrong['msg']}") from None
