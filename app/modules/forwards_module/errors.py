from app.services.errors import NotFound


class OriginNotFound(NotFound):
    """The message is no forward, or the caller may not see its origin: the answer is the same."""

    title = "This message has no origin that you can see"
