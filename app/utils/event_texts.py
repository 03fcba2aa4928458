"""What docs/realtime.md and docs/realtime.ru.md say of a kind of event."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class EventText:
    """A contribution of the module that writes the event.

    Without it the tables have the names of the fields, and the stream of the chat if `chat_id` is one of them.
    """

    kind: str
    stream: Literal["chat", "account"]
    data: str
    russian_data: str = ""
