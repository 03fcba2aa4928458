"""Who gets what from the routes of this module: rows for tests/access."""

from typing import Any

REST = {
    "": """
                         anonymous ended stranger neighbour operator former reader member admin owner
entities_list_mine             401   401      200       200      200    200    200    200   200   200
""",
}
ASKED: dict[str, dict[str, Any]] = {}
VALUES: dict[str, Any] = {}
LIMITS = {"list_mentions": ("entities_list_mine",)}
SCOPES = """
                          scope           key  bot
entities_list_mine        messages:read   200  200
"""
