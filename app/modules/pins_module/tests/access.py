"""Who gets what from the routes of this module: rows for tests/access."""

from typing import Any

_SHARED = """
                         anonymous ended stranger neighbour operator former reader member admin owner
pins_list_of_chat              401   401      404       404      404    404    200    200   200   200
pins_pin                       401   401      404       404      404    404    403    403   204   204
pins_unpin                     401   401      404       404      404    404    403    403   204   204
"""
REST = {
    "group": _SHARED,
    "channel": _SHARED,
    "direct": """
                         anonymous ended stranger neighbour operator former reader member admin owner
pins_list_of_chat              401     -      404       404      404      -      -    200     -     -
pins_pin                       401     -      404       404      404      -      -    204     -     -
pins_unpin                     401     -      404       404      404      -      -    204     -     -
""",
}
ASKED: dict[str, dict[str, Any]] = {"pins_pin": {"seq": "@own_seq"}, "pins_unpin": {"seq": "@own_seq"}}
VALUES: dict[str, Any] = {}
LIMITS = {"change_pins": ("pins_pin", "pins_unpin")}
SCOPES = """
                          scope           key  bot
pins_list_of_chat         messages:read   200  200
pins_pin                  messages:write  204  204
pins_unpin                messages:write  204  204
"""
