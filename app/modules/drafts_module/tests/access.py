"""Who gets what from the routes of this module: rows for tests/access."""

from typing import Any

_SHARED = """
                         anonymous ended stranger neighbour operator former reader member admin owner
drafts_read                    401   401      404       404      404    404    200    200   200   200
drafts_save                    401   401      404       404      404    404    200    200   200   200
"""
REST = {
    "group": _SHARED,
    "channel": _SHARED,
    "direct": """
                         anonymous ended stranger neighbour operator former reader member admin owner
drafts_read                    401     -      404       404      404      -      -    200     -     -
drafts_save                    401     -      404       404      404      -      -    200     -     -
""",
}
ASKED: dict[str, dict[str, Any]] = {"drafts_save": {"body": {"text": "Привет, я"}}}
VALUES: dict[str, Any] = {}
LIMITS = {"save_draft": ("drafts_save",)}
SCOPES = """
                          scope           key  bot
drafts_read               messages:read   200  200
drafts_save               messages:write  200  200
"""
