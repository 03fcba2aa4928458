"""It imports settings only: the first process reads this file before the framework is loaded."""

from collections.abc import Iterator, Mapping
from email.headerregistry import Address
from email.policy import SMTP
from typing import Annotated, ClassVar, Literal
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from app.settings.base import SettingsGroup, check_host, split_url

_PORTS = {"smtp": 25, "smtps": 465}


def _check_url(value: SecretStr) -> SecretStr:
    # The value is not repeated: it may contain a password.
    url = split_url(value.get_secret_value())
    is_valid = url is not None and url.scheme in _PORTS and bool(url.hostname) and url.path in ("", "/")
    if url is None or not is_valid or url.query or url.fragment or (url.password is not None and not url.username):
        raise ValueError("must be smtp://[user:password@]host[:port] or smtps://[user:password@]host[:port]")
    check_host(url.hostname or "")
    return value


def _check_sender(value: str) -> str:
    parse_sender(value)
    return value


def parse_sender(value: str) -> Address:
    """Returns the address of `name@example.com` or `Name <name@example.com>`. Raises ValueError."""
    header = SMTP.header_factory("From", value)
    if header.defects or len(header.addresses) != 1 or not header.addresses[0].domain:
        raise ValueError("must be name@example.com, or Name <name@example.com>")
    address: Address = header.addresses[0]
    return address


class MailSettings(SettingsGroup):
    """Variables `MAIL_*`."""

    model_config = SettingsConfigDict(env_prefix="MAIL_", hide_input_in_errors=True)

    url: Annotated[SecretStr, AfterValidator(_check_url)] | None = Field(
        None,
        description="server that takes the mails: smtp://user:password@host:25 or smtps://user:password@host:465; "
        "unset: no mail is sent, and in LOCAL the links are logged",
    )
    from_address: Annotated[str, AfterValidator(_check_sender)] = Field(
        "Messenger <noreply@localhost>",
        validation_alias="MAIL_FROM",
        description="sender of the mails: name@example.com, or Name <name@example.com>",
    )
    language: Literal["en", "ru"] = Field("en", description="language of the mails: en or ru")

    russian: ClassVar[Mapping[str, str]] = {
        "url": "сервер, который принимает письма: smtp://user:password@host:25 или smtps://user:password@host:465; "
        "без него письма не отправляются, а в LOCAL ссылки пишутся в лог",
        "from_address": "отправитель писем: name@example.com или Имя <name@example.com>",
        "language": "язык писем: en или ru",
    }

    @property
    def server(self) -> tuple[str, int] | None:
        """The host and the port of the mail server. None: mail is switched off."""
        if self.url is None:
            return None
        url = urlsplit(self.url.get_secret_value())
        return url.hostname or "", url.port or _PORTS[url.scheme]

    @property
    def is_tls(self) -> bool:
        """True if the connection begins with TLS, as with smtps."""
        return self.url is not None and self.url.get_secret_value().lower().startswith("smtps:")

    @property
    def credentials(self) -> tuple[str, str] | None:
        """The user and the password."""
        url = urlsplit(self.url.get_secret_value() if self.url else "")
        return (unquote(url.username), unquote(url.password or "")) if url.username else None

    def problems_in_production(self) -> Iterator[str]:
        if self.url is not None and parse_sender(self.from_address).domain == "localhost":
            yield "MAIL_FROM: mail servers refuse a sender without a domain of its own"
