"""How often one may call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, SecretStr, create_model
from pydantic_settings import SettingsConfigDict

from app.settings.base import SettingsGroup

Rate = Annotated[str, Field(pattern=r"^[1-9]\d*/([1-9]\d* )?(second|minute|hour|day)s?$")]
"""A count and a time, as `10/minute` or `300/10 minutes`."""

_MEMORY = "memory://"


@dataclass(frozen=True)
class RateLimit:
    """A limit that a module contributes. It is the setting `RATE_LIMIT_<NAME>`, and `RateLimits.hit` takes it.

    - `default`: a count and a time, as `10/minute`.
    - `key`: whom it counts for, as the documents say it: `account`, `IP address`.
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
    """Returns a new group that has a setting for each of the limits."""
    rates: dict[str, Any] = {}
    for limit in limits:
        described = limit.description or f"{limit.name.replace('_', ' ')}, per {limit.key}"
        rates[limit.name] = (Rate, Field(limit.default, description=described))
    group = create_model("ContributedRates", __base__=_ContributedRates, **rates)
    group.russian = {limit.name: limit.russian for limit in limits if limit.russian}
    return group


def _check_storage(value: SecretStr) -> SecretStr:
    if value.get_secret_value() != _MEMORY and not value.get_secret_value().startswith(("redis://", "rediss://")):
        raise ValueError("it is memory://, redis://host:port or rediss://host:port")
    return value


class LimitsSettings(SettingsGroup):
    """Variables `RATE_LIMIT_*`."""

    model_config = SettingsConfigDict(env_prefix="RATE_LIMIT_")

    enable: bool = Field(True, description="False lets everyone call as often as they like")
    # The address of a store may hold its password.
    storage: Annotated[SecretStr, AfterValidator(_check_storage)] = Field(
        SecretStr(_MEMORY),
        description="where calls are counted: memory:// in each process, redis://host:6379 for all processes together",
    )
    account: Rate = Field("12000/minute", description="calls an account, requests over its sockets included")
    address: Rate = Field("6000/minute", description="calls an address that come with no valid token")
    send: Rate = Field("6000/minute", description="messages an account sends")
    create_chat: Rate = Field("300/10 minutes", description="chats an account opens")
    add_members: Rate = Field("300/10 minutes", description="calls of an account that add members to chats")
    add_people: Rate = Field("3000/hour", description="members that an account adds to groups and channels")
    search: Rate = Field("120/minute", description="searches of an account for people")
    typing: Rate = Field("120/minute", description="typing signals an account sends")
    hello: Rate = Field("600/minute", description="sockets that an account opens")
    hello_address: Rate = Field("6000/minute", description="WebSocket handshakes from an address")
    sign_up: Rate = Field("600/hour", description="new accounts an IP address, as 10/minute or 300/10 minutes")
    sign_in: Rate = Field(
        "10/10 minutes",
        description="wrong passwords in a row for an account; then one a period, which doubles up to a day. "
        "A known device or network, and a change of password, are counted apart",
    )
    sign_in_address: Rate = Field("600/10 minutes", description="sign-ins an IP address")
    refresh: Rate = Field("600/minute", description="refreshes an IP address")
    refresh_session: Rate = Field("60/minute", description="refreshes a session")

    russian: ClassVar[Mapping[str, str]] = {
        "enable": "false снимает ограничения частоты вызовов",
        "storage": "где считаются вызовы: memory:// — в каждом процессе, redis://host:6379 — во всех вместе",
        "account": "вызовов на аккаунт, вместе с запросами по его сокетам",
        "address": "вызовов с адреса без действительного токена",
        "send": "сообщений, которые отправляет аккаунт",
        "create_chat": "чатов, которые открывает аккаунт",
        "add_members": "вызовов аккаунта, добавляющих участников в чаты",
        "add_people": "участников, которых аккаунт добавляет в группы и каналы",
        "search": "поисков людей на аккаунт",
        "typing": "сигналов typing, которые посылает аккаунт",
        "hello": "подключений WebSocket от одного аккаунта",
        "hello_address": "рукопожатий WebSocket с адреса",
        "sign_up": "новых аккаунтов с одного IP-адреса, как 10/minute или 300/10 minutes",
        "sign_in": "неверных паролей подряд на аккаунт; затем один за период, который удваивается до суток. Знакомое "
        "устройство или сеть и смена пароля считаются отдельно",
        "sign_in_address": "входов с одного IP-адреса",
        "refresh": "обновлений токена с одного IP-адреса",
        "refresh_session": "обновлений токена на сессию",
    }

    @property
    def is_shared(self) -> bool:
        """Whether all processes count together."""
        return self.storage.get_secret_value() != _MEMORY
