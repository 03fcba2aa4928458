"""Permissions on a chat and its members. No role may change a direct chat."""

from app.modules.chats_module.extension import Permission

_SHARED_ADMIN = {"group": "admin", "channel": "admin"}
_SHARED_OWNER = {"group": "owner", "channel": "owner"}

CHANGE_CHAT = Permission("chat.change", _SHARED_ADMIN, "chats:write")
DELETE_CHAT = Permission("chat.delete", _SHARED_OWNER, "chats:write")
ADD_MEMBERS = Permission("members.add", _SHARED_ADMIN, "members:write")
CHANGE_MEMBERS = Permission("members.change", _SHARED_ADMIN, "members:write")
REMOVE_MEMBERS = Permission("members.remove", _SHARED_ADMIN, "members:write")
APPOINT_ADMINS = Permission("members.appoint_admins", _SHARED_OWNER, "members:write")
"""Only the owner may appoint, demote and remove admins, and transfer the ownership."""

PERMISSIONS = (CHANGE_CHAT, DELETE_CHAT, ADD_MEMBERS, CHANGE_MEMBERS, REMOVE_MEMBERS, APPOINT_ADMINS)
