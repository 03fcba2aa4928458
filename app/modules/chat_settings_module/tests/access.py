"""Who gets what from the routes of this module: rows for tests/access."""

from typing import Any

_SHARED = """
                         anonymous ended stranger neighbour operator former reader member admin owner
chat_settings_change           401   401      404       404      404    404    200    200   200   200
"""
REST = {
    "group": _SHARED,
    "channel": _SHARED,
    "direct": """
                         anonymous ended stranger neighbour operator former reader member admin owner
chat_settings_change           401     -      404       404      404      -      -    200     -     -
""",
}
ASKED: dict[str, dict[str, Any]] = {"chat_settings_change": {"body": {"is_archived": True}}}
VALUES: dict[str, Any] = {}
LIMITS = {"change_chat_settings": ("chat_settings_change",)}
SCOPES = """
                          scope           key  bot
chat_settings_change      chats:write     200  200
"""
