"""Settings of rate limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, SecretStr, create_model
from pydantic_settings import SettingsConfigDict

from app.settings.base import SettingsGroup, split_url

Rate = Annotated[str, Field(pattern=r"^[1-9]\d*/([1-9]\d* )?(second|minute|hour|day)s?$")]
"""A count and a period, such as `10/minute` or `300/10 minutes`."""

_MEMORY = "memory://"


@dataclass(frozen=True)
class RateLimit:
    """A rate limit that a module contributes. It adds the setting `RATE_LIMIT_<NAME>`; pass it to `RateLimits.hit`.

    - `default`: a count and a period, such as `10/minute`.
    - `key`: what it counts for, for the documents: `account`, `IP address`.
    - `description`, `russian`: what is counted, for `.env.example` and the tables of settings.
    """

    name: str
    default: str
    key: str
    description: str = ""
    russian: str = ""


class _ContributedRates(SettingsGroup):
    model_config = SettingsConfigDict(env_prefix="RATE_LIMIT_")


def rates_group(limits: Sequence[RateLimit]) -> type[SettingsGroup]:
    """Returns a new group with a setting for each of the limits."""
    rates: dict[str, Any] = {}
    for limit in limits:
        described = limit.description or f"{limit.name.replace('_', ' ')}, per {limit.key}"
        rates[limit.name] = (Rate, Field(limit.default, description=described))
    group = create_model("ContributedRates", __base__=_ContributedRates, **rates)
    group.russian = {limit.name: limit.russian for limit in limits if limit.russian}
    return group


def _check_storage(value: SecretStr) -> SecretStr:
    # The value is not repeated: it may contain a password.
    if value.get_secret_value() != _MEMORY and not _is_redis(value.get_secret_value()):
        raise ValueError(
            "must be memory://, redis://host:port or rediss://host:port; / ? # in a password are written as %2F %3F %23"
        )
    return value


def _is_redis(store: str) -> bool:
    url = split_url(store)
    if url is None or url.fragment:
        return False
    return url.scheme in ("redis", "rediss") and (not url.path[1:] or url.path[1:].isdecimal())


class LimitsSettings(SettingsGroup):
    """Variables `RATE_LIMIT_*`."""

    model_config = SettingsConfigDict(env_prefix="RATE_LIMIT_")

    enable: bool = Field(True, description="apply the rate limits; false removes them all")
    # The URL of a store may contain its password.
    storage: Annotated[SecretStr, AfterValidator(_check_storage)] = Field(
        SecretStr(_MEMORY),
        description="where calls are counted: memory:// in each process separately, redis://host:6379 in all "
        "processes together",
    )
    account: Rate = Field("12000/minute", description="calls per account, including requests over its sockets")
    address: Rate = Field("6000/minute", description="calls without a valid token per IP address")
    send: Rate = Field("6000/minute", description="messages sent per account")
    create_chat: Rate = Field("300/10 minutes", description="chats created per account")
    add_members: Rate = Field("300/10 minutes", description="calls that add members to chats, per account")
    add_people: Rate = Field("3000/hour", description="members added to groups and channels, per account")
    search: Rate = Field("120/minute", description="searches for people, per account")
    typing: Rate = Field("120/minute", description="typing signals, per account")
    hello: Rate = Field("600/minute", description="WebSocket connections opened, per account")
    hello_address: Rate = Field("6000/minute", description="WebSocket handshakes, per IP address")
    sign_up: Rate = Field(
        "600/hour", description="new accounts, per IP address; written as 10/minute or 300/10 minutes"
    )
    sign_in: Rate = Field(
        "10/10 minutes",
        description="wrong passwords in a row, per account; after that one attempt per period, which doubles up "
        "to a day. Known devices, known networks and password changes are counted separately",
    )
    sign_in_address: Rate = Field("600/10 minutes", description="sign-ins, per IP address")
    refresh: Rate = Field("600/minute", description="token refreshes, per IP address")
    refresh_session: Rate = Field("60/minute", description="token refreshes, per session")

    russian: ClassVar[Mapping[str, str]] = {
        "enable": "ограничивать частоту вызовов; false снимает все ограничения",
        "storage": "где считаются вызовы: memory:// — в каждом процессе отдельно, redis://host:6379 — во всех "
        "процессах вместе",
        "account": "вызовов на аккаунт, вместе с запросами по его сокетам",
        "address": "вызовов без действительного токена с одного IP-адреса",
        "send": "отправленных сообщений на аккаунт",
        "create_chat": "созданных чатов на аккаунт",
        "add_members": "вызовов, добавляющих участников в чаты, на аккаунт",
        "add_people": "участников, добавленных в группы и каналы, на аккаунт",
        "search": "поисков людей на аккаунт",
        "typing": "сигналов typing на аккаунт",
        "hello": "подключений WebSocket на аккаунт",
        "hello_address": "рукопожатий WebSocket с одного IP-адреса",
        "sign_up": "новых аккаунтов с одного IP-адреса; записывается как 10/minute или 300/10 minutes",
        "sign_in": "неверных паролей подряд на аккаунт; затем одна попытка за период, который удваивается до "
        "суток. Знакомые устройства, знакомые сети и смена пароля считаются отдельно",
        "sign_in_address": "входов с одного IP-адреса",
        "refresh": "обновлений токена с одного IP-адреса",
        "refresh_session": "обновлений токена на сессию",
    }

    @property
    def is_shared(self) -> bool:
        """True if all processes count together in a store."""
        return self.storage.get_secret_value() != _MEMORY
