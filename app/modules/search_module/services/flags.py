"""What messages can have that is no word."""

from app.modules.messages_module.extension import MessagePart
from app.utils.module import Modules

FILES_PART = "attachments"
"""The part of a message that describes its files, where a module adds it."""


def flags_of(modules: Modules) -> tuple[str, ...]:
    """Returns the values of `has`: files are none where no module adds them to messages."""
    parts = {part.name for part in modules.contributions(MessagePart)}
    return ("file", "link", "mention") if FILES_PART in parts else ("link", "mention")
