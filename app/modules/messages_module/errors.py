from app.services.errors import Category, Conflict, ErrorText, NotFound, ServiceError, Unavailable, ValidationFailed


class MessageNotFound(NotFound):
    title = "Message not found"


class NoMessageToReplyTo(ValidationFailed):
    def __init__(self) -> None:
        super().__init__(("body", "reply_to_seq"), "no message has this sequence number")


class MessageIsDeleted(Conflict):
    title = "This message is deleted"


class MessageIsFinal(Conflict):
    title = "This message cannot be edited"


class TooManyReactions(Conflict):
    title = "This message has reached its limit of different reactions"


class IdempotencyMismatch(ServiceError):
    """The same `client_msg_id` was sent before with another body."""

    category = Category.INVALID
    code = "idempotency_mismatch"
    title = "This client_msg_id was already used with a different body"
    text = ErrorText(
        "this `client_msg_id` was already used with a different body",
        "give each new message a new id",
        "этот `client_msg_id` уже использован с другим телом",
        "дайте новому сообщению новый id",
    )

    def __init__(self) -> None:
        # Every 422 response names the place of the error.
        place = {"loc": ["body", "client_msg_id"], "msg": self.title, "type": self.code}
        super().__init__(extra={"errors": [place]})


class QueueFull(Unavailable):
    title = "Too many messages are waiting to be stored"


class OutcomeUnknown(Unavailable):
    """The connection broke during the commit. A retry with the same `client_msg_id` gets a definite result."""

    title = "It is unknown whether the message was stored; send it again with the same client_msg_id"
