from collections.abc import Mapping
from typing import Any, ClassVar

from app.services.errors import ErrorText, Unavailable


class SearchBuilding(Unavailable):
    """The first index is being built: there is nothing to search yet."""

    code = "search_building"
    title = "Messages are being indexed; search is there when that is done"
    text = ErrorText(
        "the messages that are there are indexed for the first time; `progress` is the part that is done, 0 to 1",
        "asks again after `Retry-After`",
        "сообщения впервые индексируются; `progress` — какая часть готова, от 0 до 1",
        "спрашивает снова через `Retry-After`",
    )
    example_of_extra: ClassVar[Mapping[str, Any]] = {"retry_after": 5, "progress": 0.42}

    def __init__(self, done: int, total: int) -> None:
        super().__init__(retry_after=5)
        self.extra["progress"] = round(min(done / total, 0.99), 2) if total else 0.0
