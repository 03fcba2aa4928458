"""It imports settings only: the first process reads this file before the framework is loaded."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from app.settings.base import SettingsGroup
from app.settings.limits_settings import RateLimit

SEND = RateLimit("send", "6000/minute", "account", "messages sent per account", "отправленных сообщений на аккаунт")
TYPING = RateLimit("typing", "120/minute", "account", "typing signals, per account", "сигналов typing на аккаунт")
EDIT = RateLimit("edit", "300/minute", "account", "messages edited, per account", "правок сообщений на аккаунт")
REACT = RateLimit(
    "react",
    "300/minute",
    "account",
    "reactions added and removed, per account",
    "добавлений и снятий реакций на аккаунт",
)


class MessagesSettings(SettingsGroup):
    """Variables `SEND_*`."""

    model_config = SettingsConfigDict(env_prefix="SEND_")

    delegation: bool = Field(
        True,
        description="of several processes on one machine one writes the sends of a chat, so that batches stay large; "
        "false: each process writes what it receives",
    )
    delegation_folder: Path | None = Field(
        None,
        description="folder of the Unix sockets by which these processes find each other, on a local disk; the default "
        "is messenger-<user id> in the folder for temporary files",
    )

    russian: ClassVar[Mapping[str, str]] = {
        "delegation": "из нескольких процессов на одной машине отправки чата записывает один, чтобы пакеты оставались "
        "большими; false — каждый процесс записывает то, что принял сам",
        "delegation_folder": "папка Unix-сокетов, через которые эти процессы находят друг друга, на локальном диске; "
        "по умолчанию messenger-<id пользователя> в папке временных файлов",
    }
