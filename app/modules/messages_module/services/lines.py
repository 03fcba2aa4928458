"""How a message is shown in one line outside of clients: in a notification, in a mail."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from app.modules.messages_module.extension import MessagePart
from app.utils.module import Modules
from app.utils.texts import is_seen


class Line(NamedTuple):
    """The text to show, and what the parts of a message say about it.

    `author`: the name in place of the sender's, None for the sender's.
    """

    text: str
    author: str | None = None
    hides_text: bool = False


def line_of(modules: Modules, text: str, stored: Mapping[str, Any] | None) -> Line:
    """Returns how to show a message with this text and these stored `parts`. Those of modules that are off say nothing.

    The text is shown as it is stored if nothing visible would be left of it.
    """
    if not stored:
        return Line(text)
    parts = [part for part in modules.contributions(MessagePart) if part.name in stored]
    names = (part.author(stored[part.name]) for part in parts if part.author is not None)
    shown = text
    for part in parts:
        if part.shown_text is not None:
            shown = part.shown_text(stored[part.name], shown)
    return Line(
        shown if is_seen(shown) else text,
        next((name for name in names if name), None),
        any(part.hides_text(stored[part.name]) for part in parts if part.hides_text is not None),
    )
