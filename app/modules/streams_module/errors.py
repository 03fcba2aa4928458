from collections.abc import Mapping
from typing import Any, ClassVar

from app.services.errors import Category, ErrorText, ServiceError


class StreamGap(ServiceError):
    """The cursor is outside the log: older than its first event, or beyond its head. Read the whole state again."""

    category = Category.GONE
    code = "stream_gap"
    title = "The event stream cannot be resumed from this cursor"
    text = ErrorText(
        "the event stream cannot be resumed from this cursor; the problem has `first_seq` and `last_seq`",
        "read the state again: [realtime.md](realtime.md#gaps)",
        "поток событий нельзя продолжить с этого курсора; в описании ошибки есть `first_seq` и `last_seq`",
        "прочитайте состояние заново: [realtime.ru.md](realtime.ru.md#разрывы)",
    )
    example_of_extra: ClassVar[Mapping[str, Any]] = {"first_seq": 120, "last_seq": 480}

    def __init__(self, first_seq: int, last_seq: int) -> None:
        super().__init__(extra={"first_seq": first_seq, "last_seq": last_seq})
