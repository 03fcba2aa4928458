"""The fields of chats that other modules contribute."""

from app.services.parts import Parts


class ChatParts(Parts):
    """Computes the contributed fields of chats."""
