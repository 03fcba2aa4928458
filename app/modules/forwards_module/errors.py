from app.services.errors import Conflict, NotFound


class OriginNotFound(NotFound):
    """The message is no forward, or the caller may not see its origin: the answer is the same."""

    title = "This message has no origin that you can see"


class NothingToForward(Conflict):
    """The message has no text, and only parts that forwards do not take along."""

    title = "Nothing of this message can be forwarded"
