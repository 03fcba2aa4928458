"""Who gets what from the routes of this module: rows for tests/access."""

from typing import Any

_SHARED = """
                               anonymous ended stranger neighbour operator former reader member admin owner
versions_list_of_message             401   401      404       404      404    404    200    200   200   200
versions_list_of_message: others     401   401      404       404      404    404    403    403   200   200
"""
REST = {
    "group": _SHARED,
    "channel": _SHARED,
    "direct": """
                               anonymous ended stranger neighbour operator former reader member admin owner
versions_list_of_message             401     -      404       404      404      -      -    200     -     -
versions_list_of_message: others     401     -      404       404      404      -      -    403     -     -
""",
}
ASKED: dict[str, dict[str, Any]] = {
    "versions_list_of_message": {"seq": "@own_seq"},
    "versions_list_of_message: others": {"seq": "@seq_of_another"},
}
VALUES: dict[str, Any] = {}
SCOPES = """
                          scope           key
versions_list_of_message  messages:read   200
"""
