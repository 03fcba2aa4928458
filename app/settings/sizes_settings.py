"""How much of a thing there may be."""

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
        description="groups and channels that an account opens, and as many more that others put it into",
    )
    members_of_chat: int = Field(20_000, ge=2, le=1_000_000, description="people that may be in a chat")
    chats_added_by_one: int = Field(
        200, ge=1, le=1_000_000, description="groups and channels that one account may have put another into"
    )
    username_hold_days: int = Field(
        30, ge=0, le=3_650, description="days in which a username that was given up is kept for its former owner"
    )
    sessions_of_account: int = Field(
        100, ge=1, le=10_000, description="devices of an account; one more ends the session that was used least lately"
    )
    connections_of_address: int = Field(
        2_000,
        ge=1,
        le=1_000_000,
        description="connections that an address holds to a process, at most half of its open files; "
        "API_TRUSTED_PROXIES are not counted",
    )

    russian: ClassVar[Mapping[str, str]] = {
        "chats_of_account": "групп и каналов, которые открыл аккаунт, и ещё столько же, куда его добавили другие",
        "members_of_chat": "людей, которые могут быть в чате",
        "chats_added_by_one": "групп и каналов, в которые один аккаунт может добавить другой",
        "username_hold_days": "сколько дней освобождённое имя пользователя остаётся за прежним владельцем",
        "sessions_of_account": "устройств аккаунта; следующее завершает сессию, которой дольше всех не пользовались",
        "connections_of_address": "соединения одного адреса с одним процессом, не больше половины его открытых файлов; "
        "API_TRUSTED_PROXIES не считаются",
    }
