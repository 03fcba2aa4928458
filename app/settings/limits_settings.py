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

    Those of the core, `ACCOUNT` and `ADDRESS`, limit all calls.

    - `default`: a count and a period, such as `10/minute`.
    - `key`: what it counts for, for the documents: `account`, `IP address`.
    - `description`, `russian`: what is counted, for `.env.example` and the tables of settings.
    """

    name: str
    default: str
    key: str
    description: str = ""
    russian: str = ""


ACCOUNT = RateLimit(
    "account",
    "12000/minute",
    "account",
    "calls per account, including requests over its sockets",
    "вызовов на аккаунт, вместе с запросами по его сокетам",
)
ADDRESS = RateLimit(
    "address",
    "6000/minute",
    "IP address",
    "calls without a valid token per IP address",
    "вызовов без действительного токена с одного IP-адреса",
)


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
    """Variables `RATE_LIMIT_*` of the core. Modules add those of what they do."""

    model_config = SettingsConfigDict(env_prefix="RATE_LIMIT_")

    enable: bool = Field(True, description="apply the rate limits; false removes them all")
    # The URL of a store may contain its password.
    storage: Annotated[SecretStr, AfterValidator(_check_storage)] = Field(
        SecretStr(_MEMORY),
        description="where calls are counted: memory:// in each process separately, redis://host:6379 in all "
        "processes together",
    )
    account: Rate = Field(ACCOUNT.default, description=ACCOUNT.description)
    address: Rate = Field(ADDRESS.default, description=ADDRESS.description)

    russian: ClassVar[Mapping[str, str]] = {
        "enable": "ограничивать частоту вызовов; false снимает все ограничения",
        "storage": "где считаются вызовы: memory:// — в каждом процессе отдельно, redis://host:6379 — во всех "
        "процессах вместе",
        "account": ACCOUNT.russian,
        "address": ADDRESS.russian,
    }

    @property
    def is_shared(self) -> bool:
        """True if all processes count together in a store."""
        return self.storage.get_secret_value() != _MEMORY
