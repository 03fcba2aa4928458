"""Who gets what from the routes of this module: rows for tests/access."""

from typing import Any

_SHARED = """
                               anonymous ended stranger neighbour operator former reader member admin owner
previews_remove: one's own           401   401      404       404      404    404    204    204   204   204
previews_remove: another's           401   401      404       404      404    404    403    403   403   403
"""
REST = {
    "group": _SHARED,
    "channel": _SHARED,
    "direct": """
                               anonymous ended stranger neighbour operator former reader member admin owner
previews_remove: one's own           401     -      404       404      404      -      -    204     -     -
previews_remove: another's           401     -      404       404      404      -      -    403     -     -
""",
}
ASKED: dict[str, dict[str, Any]] = {
    "previews_remove: one's own": {"seq": "@own_seq"},
    "previews_remove: another's": {"seq": "@seq_of_another"},
}
VALUES: dict[str, Any] = {}
LIMITS: dict[str, tuple[str, ...]] = {"link_preview": ()}
SCOPES = """
                          scope           key
previews_remove           messages:write  204
"""
