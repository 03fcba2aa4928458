"""Who may do what in a chat: the one table, for every action over every transport."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ROLES = ("reader", "member", "admin", "owner")
"""From the lowest to the highest. Both members of a direct chat are `member`."""


@dataclass(frozen=True, slots=True)
class Permission:
    """An action, with the lowest role that may do it in each type of chat. In a type that is not named nobody may."""

    name: str
    default: Mapping[str, str]
    allowed: frozenset[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        pairs = ((kind, role) for kind, lowest in self.default.items() for role in ROLES[ROLES.index(lowest) :])
        object.__setattr__(self, "allowed", frozenset(pairs))


def may(permission: Permission, chat_type: str, role: str) -> bool:
    """Return True if a member with this role may do it."""
    return (chat_type, role) in permission.allowed


def _shared(role: str) -> Mapping[str, str]:
    return {"group": role, "channel": role}


# Messages.
POST = Permission("messages.post", {"direct": "member", "group": "member", "channel": "admin"})
EDIT_OWN = Permission("messages.edit_own", POST.default)
DELETE_OWN = Permission("messages.delete_own", {"direct": "member", **_shared("reader")})
DELETE_ANY = Permission("messages.delete_any", _shared("admin"))
REACT = Permission("messages.react", {"direct": "member", **_shared("member")})
TAKE_BACK_REACTION = Permission("messages.take_back_reaction", DELETE_OWN.default)
TYPE = Permission("messages.type", POST.default)
# The chat and its members. A direct chat stays as it is.
CHANGE_CHAT = Permission("chat.change", _shared("admin"))
DELETE_CHAT = Permission("chat.delete", _shared("owner"))
ADD_MEMBERS = Permission("members.add", _shared("admin"))
CHANGE_MEMBERS = Permission("members.change", _shared("admin"))
REMOVE_MEMBERS = Permission("members.remove", _shared("admin"))
APPOINT_ADMINS = Permission("members.appoint_admins", _shared("owner"))
"""Admins are made, made members again, and removed by the owner alone; so is the next owner."""
