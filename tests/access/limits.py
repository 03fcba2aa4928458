"""The operations that each rate limit of a module refuses: rows of the table, called by the owner of the chat.

Modules bring those of their own as `LIMITS` in `tests/access.py`. A limit without operations does not refuse calls over
HTTP by their number alone: the tests of its module use it up.
"""

LIMITS: dict[str, tuple[str, ...]] = {
    "add_members": ("chats_add_members",),
    "add_people": ("chats_add_members", "chats_create"),
    "create_chat": ("chats_create",),
    "edit": ("messages_edit: one's own",),
    "hello": (),
    "hello_address": (),
    "react": ("messages_add_reaction", "messages_remove_reaction"),
    "refresh": ("accounts_refresh",),
    "refresh_session": (),
    "search": ("accounts_list_people",),
    "security_mails": (),
    "send": ("messages_send",),
    "sign_in": (),
    "sign_in_address": ("accounts_sign_in", "accounts_token", "passkeys_sign_in"),
    "sign_up": ("accounts_sign_up",),
    "typing": (),
}
