"""Permissions of messages, by type of chat and role."""

from app.modules.chats_module.extension import Permission

_POSTING = {"direct": "member", "group": "member", "channel": "admin"}
_READING = {"direct": "member", "group": "reader", "channel": "reader"}

POST = Permission("messages.post", _POSTING, "messages:write")
EDIT_OWN = Permission("messages.edit_own", _POSTING, "messages:write")
DELETE_OWN = Permission("messages.delete_own", _READING, "messages:write")
DELETE_ANY = Permission("messages.delete_any", {"group": "admin", "channel": "admin"}, "messages:write")
REACT = Permission("messages.react", {"direct": "member", "group": "member", "channel": "member"}, "messages:write")
TAKE_BACK_REACTION = Permission("messages.take_back_reaction", _READING, "messages:write")
TYPE = Permission("messages.type", _POSTING, "messages:write")

PERMISSIONS = (POST, EDIT_OWN, DELETE_OWN, DELETE_ANY, REACT, TAKE_BACK_REACTION, TYPE)
