"""What messages can have besides words: files, links and mentions."""

from app.modules.messages_module.extension import MessagePart
from app.utils.module import Modules

_PARTS = {"file": "attachments", "link": None, "mention": "entities"}
"""By flag the part of a message that says that it has one, which a module may add. A link is in the text."""


def flags_of(modules: Modules) -> tuple[str, ...]:
    """Returns the values of `has`: there are no files and mentions where no module adds them to messages."""
    parts = {part.name for part in modules.contributions(MessagePart)}
    return tuple(flag for flag, part in _PARTS.items() if part is None or part in parts)
