"""The errors of chats and members."""

from collections.abc import Iterable
from typing import Self
from uuid import UUID

from app.services.errors import Conflict, Forbidden, NotFound


def join_ids(ids: Iterable[UUID]) -> str:
    """Returns the ids for the text of an error, in a fixed order."""
    return ", ".join(sorted(map(str, ids)))


class ChatNotFound(NotFound):
    """The chat does not exist, or the caller may not see it. Strangers must not learn which chats exist."""

    title = "Chat not found"


class MemberNotFound(NotFound):
    title = "Member not found in this chat"


class NotAllowedInChat(Forbidden):
    title = "Your role in this chat does not allow this"


class ChatIdTaken(Conflict):
    title = "This id is already in use"


class OwnerMustHandOver(Conflict):
    title = "The owner must first transfer ownership of the chat"


class TooManyChats(Conflict):
    title = "An account has reached its limit of chats"


class AddingRefused(Forbidden):
    """An account does not let others add it to groups and channels."""

    title = "An account does not allow others to add it to chats"

    @classmethod
    def by(cls, account_ids: Iterable[UUID]) -> Self:
        """Returns the error for these accounts. It does not say which of several reasons they have."""
        return cls(f"These accounts do not allow others to add them: {join_ids(account_ids)}")


class LimitingMemberMissing(Forbidden):
    """A bot can only be where its owner is a member."""

    title = "A bot can only be in chats that its owner is a member of"


class CannotOwn(Forbidden):
    title = "A bot cannot own a chat"


class OwnerIsAbsent(Conflict):
    """The account is deactivated, or its erasure has begun."""

    title = "This member cannot become the owner at present"


class TooManyMembers(Conflict):
    title = "The chat has reached its limit of members"


class DirectChatIsFixed(Conflict):
    title = "The members and roles of a direct chat cannot be changed"
