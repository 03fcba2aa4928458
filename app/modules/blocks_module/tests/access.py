"""Who gets what from the routes of this module: rows for tests/access."""

from typing import Any

REST = {
    "": """
                         anonymous ended stranger neighbour operator former reader member admin owner
blocks_list_mine               401   401      200       200      200    200    200    200   200   200
blocks_block                   401   401      204       204      204    204    204    204   204   204
blocks_block: oneself          401   401      422       422      422    422    422    422   422   422
blocks_unblock                 401   401      204       204      204    204    204    204   204   204
""",
}
ASKED: dict[str, dict[str, Any]] = {
    "blocks_block": {"account_id": "@second_admin"},
    "blocks_block: oneself": {"account_id": "@id"},
    "blocks_unblock": {"account_id": "@second_admin"},
}
VALUES: dict[str, Any] = {}
LIMITS = {"block": ("blocks_block", "blocks_unblock")}
