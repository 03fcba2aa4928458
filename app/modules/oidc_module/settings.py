"""It imports settings only: the first process reads this file before the framework is loaded."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints
from pydantic_settings import SettingsConfigDict

from app.settings.base import Names, SettingsGroup
from app.settings.limits_settings import RateLimit

OIDC_SIGN_IN = RateLimit(
    "oidc_sign_in",
    "600/10 minutes",
    "IP address",
    "sign-ins begun at other providers, and returns from them, per IP address",
    "начатых входов через внешних провайдеров и возвратов от них с одного IP-адреса",
)


def _check_issuer(value: str) -> str:
    url = urlsplit(value)
    is_plain = value.isascii() and value.isprintable() and " " not in value and "@" not in url.netloc
    if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment or not is_plain:
        raise ValueError("must be https://host[:port][/path], as the provider writes it")
    return value


def _check_redirects(value: tuple[str, ...]) -> tuple[str, ...]:
    for address in value:
        url = urlsplit(address)
        if not url.scheme or url.fragment or not (address.isascii() and address.isprintable()):
            raise ValueError(f"{address!r} is not an address such as org.example.chat:/signed-in, without a fragment")
        if url.scheme in ("javascript", "data", "vbscript", "file", "blob", "about"):
            raise ValueError(f"{address!r} is not the address of an application")
    return value


def _check_name(value: str) -> str:
    if not value.isprintable():
        raise ValueError("must be one line that can be read from start to end")
    return value


class ProviderSettings(BaseModel):
    """Variables `OIDC_<ID>_*`: one provider. `<ID>` is chosen freely, for example GOOGLE."""

    model_config = ConfigDict(frozen=True)

    issuer: Annotated[str, AfterValidator(_check_issuer)] = Field(
        description="address of a provider that accounts may sign in with, as it is written in its tokens; `<ID>` is a "
        "name of your choice, and the provider must know <API_PUBLIC_URL>/api/v1/auth/oidc/<id>/callback",
    )
    name: Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_check_name)] | None = Field(
        None,
        min_length=1,
        max_length=64,
        description="text of its button; unset: `<ID>` with capitals and spaces, such as Google",
    )
    client_id: str = Field(min_length=1, description="id of this server at the provider")
    client_secret: SecretStr | None = Field(
        None, description="the secret that the provider has given to this server; unset: the provider asks for none"
    )
    scopes: str | None = Field(
        None,
        pattern=r"^[\x21-\x7e]+( [\x21-\x7e]+)*$",
        description="scopes that this server requests, separated by spaces; unset: openid email profile, and "
        "offline_access if the provider has it",
    )
    sign_up: bool | None = Field(
        None,
        description="create accounts for people of the provider who have none; unset: unless AUTH_SIGN_UP=closed",
    )


class OidcSettings(SettingsGroup):
    """Variables `OIDC_*`."""

    model_config = SettingsConfigDict(env_prefix="OIDC_")
    repeated = ("providers", ProviderSettings)

    providers: Mapping[str, ProviderSettings] = Field({}, description="the providers by their ids")
    redirects: Annotated[Names, AfterValidator(_check_redirects)] = Field(
        (),
        description="addresses of applications that a sign-in by a provider may return to, comma-separated; pages of "
        "API_PUBLIC_URL are always allowed",
    )

    russian: ClassVar[Mapping[str, str]] = {
        "issuer": "адрес провайдера, через которого можно войти, как он записан в его токенах; `<ID>` — имя на ваш "
        "выбор, а у провайдера указывается <API_PUBLIC_URL>/api/v1/auth/oidc/<id>/callback",
        "name": "надпись на его кнопке; по умолчанию — `<ID>` с прописной буквы и с пробелами, например Google",
        "client_id": "id этого сервера у провайдера",
        "client_secret": "секрет, который провайдер выдал этому серверу; не нужен, если провайдер его не спрашивает",
        "scopes": "области (scopes), которые запрашивает сервер, через пробел; по умолчанию — openid email profile и "
        "offline_access, если он есть у провайдера",
        "sign_up": "создавать аккаунты пользователям провайдера, у которых здесь аккаунта ещё нет; по умолчанию — да, "
        "если не AUTH_SIGN_UP=closed",
        "redirects": "адреса приложений, в которые может вернуться вход через провайдера, через запятую; страницы "
        "API_PUBLIC_URL разрешены всегда",
    }

    def problems_in_production(self) -> Iterator[str]:
        for provider_id, provider in self.providers.items():
            if not provider.issuer.startswith("https://"):
                yield f"OIDC_{provider_id.upper()}_ISSUER: ENVIRONMENT=PROD requires https://"
