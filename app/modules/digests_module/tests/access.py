"""Who gets what from the routes of this module: rows for tests/access."""

from typing import Any

REST = {
    "": """
                         anonymous ended stranger neighbour operator former reader member admin owner
digests_ask                    200   200      200       200      200    200    200    200   200   200
digests_unsubscribe            200   200      200       200      200    200    200    200   200   200
""",
}
ASKED: dict[str, dict[str, Any]] = {}
VALUES: dict[str, Any] = {}
LIMITS = {"unsubscribe": ("digests_unsubscribe",)}
