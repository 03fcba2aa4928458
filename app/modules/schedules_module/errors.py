from app.services.errors import Conflict, Forbidden, NotFound, Unavailable


class ScheduledMessageNotFound(NotFound):
    title = "Scheduled message not found"


class ScheduledMessageIsSending(Conflict):
    title = "This message is being sent"


class AlreadySent(Conflict):
    title = "A message with this client_msg_id was already sent"


class TooManyScheduledMessages(Conflict):
    title = "This account has reached its limit of scheduled messages"


class AuthorIsLeaving(Forbidden):
    title = "The account was deactivated at that time"


class CouldNotBeSent(Unavailable):
    title = "The server could not send the message"
