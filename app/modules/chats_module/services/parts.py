from app.services.parts import Parts


class ChatParts(Parts):
    """The fields of a chat that other modules contribute."""
