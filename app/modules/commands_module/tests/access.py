"""Who gets what from the routes of this module: rows for tests/access."""

from typing import Any

from app.modules.bots_module.tests.access import find_or_create

_LIST = """
                              anonymous ended stranger neighbour operator former reader member admin owner
commands_list_of_chat               401   401      404       404      404    404    200    200   200   200
"""
REST = {
    "": """
                              anonymous ended stranger neighbour operator former reader member admin owner
commands_change: one's own          401   401      200       200      200    200    200    200   200   200
commands_change: another's          401   401      404       404      404    404    404    404   404   404
commands_read: one's own            401   401      200       200      200    200    200    200   200   200
commands_read: another's            401   401      404       404      404    404    404    404   404   404
""",
    "group": _LIST,
    "channel": _LIST,
    "direct": """
                              anonymous ended stranger neighbour operator former reader member admin owner
commands_list_of_chat               401     -      404       404      404      -      -    200     -     -
""",
}
_BODY = [{"name": "roll", "description": "Бросить кубик"}]
ASKED: dict[str, dict[str, Any]] = {
    "commands_change: one's own": {"bot_id": "@bot_with_commands", "body": _BODY},
    "commands_change: another's": {"bot_id": "@bot_with_commands_of_another", "body": _BODY},
    "commands_read: one's own": {"bot_id": "@bot_with_commands"},
    "commands_read: another's": {"bot_id": "@bot_with_commands_of_another"},
}


VALUES = {"bot_with_commands": find_or_create}
LIMITS = {"set_commands": ("commands_change: one's own",), "list_commands": ("commands_list_of_chat",)}
SCOPES = """
                          scope        key  bot
commands_change           chats:write  200    -
commands_read             chats:read   200    -
commands_list_of_chat     chats:read   200  200
"""
