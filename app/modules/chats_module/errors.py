from app.services.errors import Conflict, Forbidden, NotFound


class ChatNotFound(NotFound):
    """Also for a chat that the caller may not see: whether it exists is nobody's business."""

    title = "There is no such chat"


class MemberNotFound(NotFound):
    title = "There is no such member in this chat"


class NotAllowedInChat(Forbidden):
    title = "Your role in this chat does not allow this"


class ChatIdTaken(Conflict):
    title = "This id belongs to something else"


class OwnerMustHandOver(Conflict):
    title = "The owner hands the chat over first"


class TooManyChats(Conflict):
    title = "Somebody is in as many chats as one may be in"


class AddingRefused(Forbidden):
    """An account has chosen that nobody adds it to groups and channels."""

    title = "An account does not allow others to add it to chats"


class TooManyMembers(Conflict):
    title = "So many people do not fit into this chat"


class DirectChatIsFixed(Conflict):
    title = "A direct chat has its two members, with no roles"
