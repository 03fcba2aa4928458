"""How accounts prove who they are, and for how long."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import ClassVar

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from app.settings.base import SettingsGroup

_SHORTEST_SECRET = 32
_FEWEST_CHARACTERS = 8
"""Different ones, in a secret."""


class AuthSettings(SettingsGroup):
    """Variables `AUTH_*`."""

    model_config = SettingsConfigDict(env_prefix="AUTH_")

    secret: SecretStr | None = Field(
        None, description="signs the tokens; unset: made once and kept in the database; PROD wants 32 bytes or more"
    )
    access_ttl: int = Field(900, ge=5, le=86_400, description="seconds that an access token is good for")
    refresh_ttl: int = Field(
        2_592_000, ge=60, le=31_536_000, description="seconds that a session lives without a refresh (30 days)"
    )
    refresh_reuse_s: int = Field(
        10, ge=0, le=300, description="seconds in which a refresh may be repeated, as after a lost answer"
    )
    session_ttl: int = Field(
        31_536_000,
        ge=60,
        le=315_360_000,
        description="seconds that a session lives at most, refreshed or not (1 year)",
    )
    session_retention_days: int = Field(
        30, ge=2, le=36_500, description="days that a session is kept after its end, for its networks to stay known"
    )
    argon2_time_cost: int = Field(3, ge=1, le=100, description="passes over the memory of a password hash")
    argon2_memory_cost: int = Field(65_536, ge=8, le=4_194_304, description="memory of a password hash, KiB")
    argon2_parallelism: int = Field(4, ge=1, le=64, description="lanes of a password hash")
    argon2_concurrency: int = Field(2, ge=1, le=64, description="password hashes computed at once in a process")

    russian: ClassVar[Mapping[str, str]] = {
        "secret": "ключ подписи токенов; если не задан, создаётся один раз и хранится в базе данных; в PROD обязателен,"
        " не короче 32 байт",
        "access_ttl": "срок действия access-токена, секунды",
        "refresh_ttl": "сколько секунд сессия живёт без обновления (30 дней)",
        "refresh_reuse_s": "сколько секунд обновление токена можно повторить, например после потерянного ответа",
        "session_ttl": "сколько секунд сессия живёт самое большее, даже если её обновляют (1 год)",
        "session_retention_days": "сколько дней хранится завершённая сессия: её сети остаются знакомыми",
        "argon2_time_cost": "проходов по памяти при хешировании пароля",
        "argon2_memory_cost": "память для хеширования пароля, КиБ",
        "argon2_parallelism": "число потоков при хешировании пароля",
        "argon2_concurrency": "сколько паролей процесс хеширует одновременно",
    }

    @field_validator("argon2_parallelism")
    @classmethod
    def _check_lanes(cls, lanes: int, info: ValidationInfo) -> int:
        if info.data.get("argon2_memory_cost", 8 * lanes) < 8 * lanes:
            raise ValueError("each lane takes 8 KiB or more of AUTH_ARGON2_MEMORY_COST")
        return lanes

    @property
    def access_lifetime(self) -> timedelta:
        return timedelta(seconds=self.access_ttl)

    @property
    def refresh_lifetime(self) -> timedelta:
        return timedelta(seconds=self.refresh_ttl)

    @property
    def refresh_reuse(self) -> timedelta:
        return timedelta(seconds=self.refresh_reuse_s)

    @property
    def session_retention(self) -> timedelta:
        return timedelta(days=self.session_retention_days)

    @property
    def session_lifetime(self) -> timedelta:
        return timedelta(seconds=self.session_ttl)

    def problems_in_production(self) -> Iterator[str]:
        secret = self.secret.get_secret_value() if self.secret else ""
        if len(secret.encode()) < _SHORTEST_SECRET or len(set(secret)) < _FEWEST_CHARACTERS:
            yield (
                f"AUTH_SECRET: ENVIRONMENT=PROD requires a random secret of {_SHORTEST_SECRET} bytes or more, "
                "as `openssl rand -base64 48` prints one"
            )
