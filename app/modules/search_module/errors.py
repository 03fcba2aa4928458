from collections.abc import Mapping
from typing import Any, ClassVar

from app.services.errors import ErrorText, Unavailable


class SearchBuilding(Unavailable):
    """The first index is being built: there is nothing to search yet."""

    code = "search_building"
    title = "Search is unavailable until all messages are indexed"
    text = ErrorText(
        "the existing messages are being indexed for the first time; `progress` is the completed share, 0 to 1",
        "repeat the request after `Retry-After`",
        "идёт первое индексирование сообщений; `progress` — готовая доля, от 0 до 1",
        "повторите запрос через `Retry-After`",
    )
    members_of_extra: ClassVar[Mapping[str, Any]] = {
        "progress": {
            "anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "null"}],
            "title": "Progress",
            "description": "with `search_building`: the completed share",
        }
    }
    example_of_extra: ClassVar[Mapping[str, Any]] = {"retry_after": 5, "progress": 0.42}

    def __init__(self, done: int, total: int) -> None:
        super().__init__(retry_after=5)
        self.extra["progress"] = round(min(done / total, 0.99), 2) if total else 0.0
