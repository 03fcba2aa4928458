"""Settings of authentication: secrets, password hashing, tokens and sessions."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import ClassVar, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from app.settings.base import Names, SettingsGroup

_SHORTEST_SECRET = 32
_FEWEST_CHARACTERS = 8
"""The smallest number of different characters in a secret."""


class AuthSettings(SettingsGroup):
    """Variables `AUTH_*`."""

    model_config = SettingsConfigDict(env_prefix="AUTH_")

    secret: SecretStr | None = Field(
        None,
        description="key that signs the tokens; when unset, a key is generated once and stored in the "
        "database; PROD requires 32 bytes or more",
    )
    sign_up: Literal["open", "verified", "closed"] = Field(
        "open",
        description="who may sign up: open: every client; verified: owners of a mailbox, by the link of a mail; "
        "closed: only server admins and `manage.py account create` create accounts",
    )
    reserved_usernames: Names = Field(
        (),
        description="further usernames that only server admins and the operator may give to accounts, "
        "comma-separated; capitals, separators and digits that look like letters make no difference",
    )
    access_ttl: int = Field(900, ge=5, le=86_400, description="lifetime of an access token, in seconds")
    refresh_ttl: int = Field(
        2_592_000, ge=60, le=31_536_000, description="lifetime of a session that is not refreshed, in seconds (30 days)"
    )
    refresh_reuse_s: int = Field(
        10, ge=0, le=300, description="time in which the same refresh may be repeated after a lost answer, in seconds"
    )
    session_ttl: int = Field(
        31_536_000,
        ge=60,
        le=315_360_000,
        description="maximum lifetime of a session, refreshed or not, in seconds (1 year)",
    )
    session_retention_days: int = Field(
        30, ge=2, le=36_500, description="days to keep an ended session; its networks stay known for that time"
    )
    argon2_time_cost: int = Field(3, ge=1, le=100, description="Argon2 time cost: number of passes over the memory")
    argon2_memory_cost: int = Field(65_536, ge=8, le=4_194_304, description="Argon2 memory cost, in KiB")
    argon2_parallelism: int = Field(4, ge=1, le=64, description="Argon2 parallelism: number of lanes")
    argon2_concurrency: int = Field(
        2, ge=1, le=64, description="number of passwords that one process hashes at the same time"
    )

    russian: ClassVar[Mapping[str, str]] = {
        "secret": "ключ подписи токенов; если не задан, создаётся один раз и хранится в базе данных; в PROD обязателен,"
        " не короче 32 байт",
        "sign_up": "кто может зарегистрироваться: open — любой клиент; verified — владелец почты по ссылке из "
        "письма; closed — аккаунты создают только администраторы сервера и `manage.py account create`",
        "reserved_usernames": "дополнительные имена пользователей, которые могут дать только администраторы сервера и "
        "оператор, через запятую; регистр, разделители и похожие на буквы цифры не учитываются",
        "access_ttl": "срок действия access-токена, в секундах",
        "refresh_ttl": "срок жизни сессии без обновления, в секундах (30 дней)",
        "refresh_reuse_s": "сколько секунд можно повторить то же обновление токена после потерянного ответа",
        "session_ttl": "наибольший срок жизни сессии, даже если её обновляют, в секундах (1 год)",
        "session_retention_days": "сколько дней хранится завершённая сессия; всё это время её сети считаются знакомыми",
        "argon2_time_cost": "Argon2: число проходов по памяти",
        "argon2_memory_cost": "Argon2: объём памяти, КиБ",
        "argon2_parallelism": "Argon2: число потоков",
        "argon2_concurrency": "сколько паролей один процесс хеширует одновременно",
    }

    @field_validator("argon2_parallelism")
    @classmethod
    def _check_lanes(cls, lanes: int, info: ValidationInfo) -> int:
        if info.data.get("argon2_memory_cost", 8 * lanes) < 8 * lanes:
            raise ValueError("each lane requires 8 KiB or more of AUTH_ARGON2_MEMORY_COST")
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
                "for example from `openssl rand -base64 48`"
            )
