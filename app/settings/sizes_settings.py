"""Settings of sizes: the largest texts, lists and numbers of objects."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from app.settings.base import SettingsGroup


class SizesSettings(SettingsGroup):
    """Variables `LIMIT_*`."""

    model_config = SettingsConfigDict(env_prefix="LIMIT_")

    chats_of_account: int = Field(
        10_000,
        ge=1,
        le=1_000_000,
        description="groups and channels that an account may create, and as many again to which others may add it",
    )
    members_of_chat: int = Field(20_000, ge=2, le=1_000_000, description="members per chat")
    chats_added_by_one: int = Field(
        200, ge=1, le=1_000_000, description="groups and channels to which one account may add another"
    )
    username_hold_days: int = Field(
        30, ge=0, le=3_650, description="days for which a released username stays reserved for its former owner"
    )
    sessions_of_account: int = Field(
        100, ge=1, le=10_000, description="sessions per account; a further sign-in ends the least recently used session"
    )
    connections_of_address: int = Field(
        2_000,
        ge=1,
        le=1_000_000,
        description="open connections per IP address and process, at most half of the process's open files; "
        "API_TRUSTED_PROXIES are not counted",
    )

    russian: ClassVar[Mapping[str, str]] = {
        "chats_of_account": "сколько групп и каналов может создать аккаунт; ещё в столько же его могут добавить другие",
        "members_of_chat": "участников в одном чате",
        "chats_added_by_one": "в сколько групп и каналов один аккаунт может добавить другой",
        "username_hold_days": "сколько дней освобождённое имя пользователя остаётся за прежним владельцем",
        "sessions_of_account": "сессий у одного аккаунта; следующий вход завершает ту, которой дольше всех не "
        "пользовались",
        "connections_of_address": "соединений с одного IP-адреса на процесс, не больше половины открытых файлов "
        "процесса; API_TRUSTED_PROXIES не считаются",
    }
