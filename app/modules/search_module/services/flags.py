"""What messages can have that is no word."""

from app.modules.messages_module.extension import MessagePart
from app.utils.module import Modules

_PARTS = {"file": "attachments", "mention": "entities"}
"""The parts of a message that say that it has a file or a mention, where modules add them."""


def flags_of(modules: Modules) -> tuple[str, ...]:
    """Returns the values of `has`: there are no files and mentions where no module adds them to messages."""
    parts = {part.name for part in modules.contributions(MessagePart)}
    return tuple(flag for flag in ("file", "link", "mention") if _PARTS.get(flag) in {None, *parts})
