"""The texts about a kind of event in docs/realtime.md and docs/realtime.ru.md."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class EventText:
    """The documentation of a kind of event, contributed by the module that writes it.

    Without it the tables list the names of the fields. The stream is that of the chat if `chat_id` is one of them.
    """

    kind: str
    stream: Literal["chat", "account"]
    data: str
    russian_data: str = ""
