"""The texts about a kind of event in docs/realtime.md and docs/realtime.ru.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.utils.module import Modules


@dataclass(frozen=True)
class EventText:
    """The documentation of a kind of event, contributed by the module that writes it.

    Without it the tables list the names of the fields. The stream is that of the chat if `chat_id` is one of them.
    """

    kind: str
    stream: Literal["chat", "account"]
    data: str
    russian_data: str = ""


def event_texts(modules: Modules) -> Mapping[str, EventText]:
    """Returns the text of each kind of event that these modules write."""
    known = {text.kind: text for text in modules.contributions(EventText)}
    return {kind: known.get(kind) or _text_by_fields(kind, model) for kind, model in modules.events.items()}


def _text_by_fields(kind: str, model: type) -> EventText:
    names: list[str] = list(getattr(model, "model_fields", {}))
    return EventText(kind, "chat" if "chat_id" in names else "account", ", ".join(f"`{name}`" for name in names))
