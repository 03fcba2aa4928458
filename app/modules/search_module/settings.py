"""It imports settings only: the first process reads this file before the framework is loaded."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import ClassVar

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from app.settings.base import SettingsGroup
from app.settings.limits_settings import RateLimit

SEARCH_MESSAGES = RateLimit(
    "search_messages",
    "120/minute",
    "account",
    "searches in messages, per account",
    "поисковых запросов по сообщениям на аккаунт",
)
SUGGEST = RateLimit(
    "suggest", "300/minute", "account", "requests for suggestions, per account", "запросов подсказок на аккаунт"
)


class SearchSettings(SettingsGroup):
    """Variables `SEARCH_*`."""

    model_config = SettingsConfigDict(env_prefix="SEARCH_")

    lemmas: bool = Field(
        False,
        description="find the forms of Russian words by a dictionary, not by rules; requires the extra `search-ru` and "
        "60 MB of memory per process",
    )

    @field_validator("lemmas")
    @classmethod
    def _is_installed(cls, value: bool) -> bool:
        if value and find_spec("pymorphy3") is None:
            raise ValueError("the extra `search-ru` is not installed: pip install pymorphy3")
        return value

    russian: ClassVar[Mapping[str, str]] = {
        "lemmas": "находить формы русских слов по словарю, а не по правилам; нужны дополнительный пакет `search-ru` "
        "и 60 МБ памяти на процесс"
    }
