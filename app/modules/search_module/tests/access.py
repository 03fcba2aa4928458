"""Who gets what from the routes of this module: rows for tests/access."""

from typing import Any

REST = {
    "": """
                         anonymous ended stranger neighbour operator former reader member admin owner
search_messages                401   401      200       200      200    200    200    200   200   200
search_suggest                 401   401      200       200      200    200    200    200   200   200
""",
    "group": """
                         anonymous ended stranger neighbour operator former reader member admin owner
search_messages: in a chat     401   401      404       404      404    404    200    200   200   200
""",
}
ASKED: dict[str, dict[str, Any]] = {
    "search_messages": {"query": {"q": "пишет"}},
    "search_suggest": {"query": {"q": "owner"}},
    "search_messages: in a chat": {"query": {"q": "пишет", "chat_id": "@chat"}},
}
VALUES: dict[str, Any] = {}
LIMITS = {"search_messages": ("search_messages",), "suggest": ("search_suggest",)}
SCOPES = """
                          scope           key  bot
search_messages           messages:read   200  200
search_suggest            chats:read      200  200
"""
