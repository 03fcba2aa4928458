from app.services.errors import Category, Conflict, ErrorText, NotFound, ServiceError, Unavailable


class MessageNotFound(NotFound):
    title = "There is no such message"


class MessageIsDeleted(Conflict):
    title = "This message is deleted"


class TooManyReactions(Conflict):
    title = "This message has as many different reactions as it can"


class IdempotencyMismatch(ServiceError):
    """The same `client_msg_id` was sent before with another body."""

    category = Category.INVALID
    code = "idempotency_mismatch"
    title = "This client_msg_id was sent before with another body"
    text = ErrorText(
        "this `client_msg_id` was sent before with another body",
        "gives a new message an id of its own",
        "этот `client_msg_id` уже был отправлен с другим телом",
        "даёт новому сообщению свой id",
    )

    def __init__(self) -> None:
        # As every 422 does, it tells the place.
        place = {"loc": ["body", "client_msg_id"], "msg": self.title, "type": self.code}
        super().__init__(extra={"errors": [place]})


class QueueFull(Unavailable):
    title = "Too many messages are waiting to be written"


class OutcomeUnknown(Unavailable):
    """The connection broke while the database was committing. The same `client_msg_id` again settles it."""

    title = "Whether the message was written is not known; send it again with the same client_msg_id"
