"""Who gets what from the routes of this module: rows for tests/access."""

from typing import Any

REST = {
    "": """
                         anonymous ended stranger neighbour operator former reader member admin owner
notifications_read             401   401      200       200      200    200    200    200   200   200
notifications_change           401   401      200       200      200    200    200    200   200   200
""",
}
ASKED: dict[str, dict[str, Any]] = {"notifications_change": {"body": {"language": "ru"}}}
VALUES: dict[str, Any] = {}
LIMITS = {"change_notifications": ("notifications_change",)}
SCOPES = """
                          scope           key  bot
notifications_read        profile:read    200  200
"""
