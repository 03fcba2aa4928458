"""How a message is shown in one line outside of clients: in a notification, in a mail."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from app.modules.messages_module.extension import MessagePart
from app.utils.module import Modules


class Line(NamedTuple):
    """What the parts of a message say about it. `author`: the name in place of the sender's, None for the sender's."""

    author: str | None = None
    hides_text: bool = False


def line_of(modules: Modules, stored: Mapping[str, Any] | None) -> Line:
    """Returns how to show a message with these stored `parts`. Those of modules that are off say nothing."""
    if not stored:
        return Line()
    parts = [part for part in modules.contributions(MessagePart) if part.name in stored]
    names = (part.author(stored[part.name]) for part in parts if part.author is not None)
    return Line(
        next((name for name in names if name), None),
        any(part.hides_text(stored[part.name]) for part in parts if part.hides_text is not None),
    )
