"""Who gets what from the routes of this module: rows for tests/access."""

from typing import Any

REST = {
    "group": """
                         anonymous ended stranger neighbour operator former reader member admin owner
forwards_forward               401   401      404       404      404    404    403    201   201   201
forwards_forward: another's    401   401      404       404      404    404    403    201   201   201
forwards_find_origin           401   401      404       404      404    404    404    404   404   404
""",
    "channel": """
                         anonymous ended stranger neighbour operator former reader member admin owner
forwards_forward               401   401      404       404      404    404    403    403   201   201
forwards_find_origin           401   401      404       404      404    404    404    404   404   404
""",
    "direct": """
                         anonymous ended stranger neighbour operator former reader member admin owner
forwards_forward               401     -      404       404      404      -      -    201     -     -
forwards_find_origin           401     -      404       404      404      -      -    404     -     -
""",
}
_TO_HERE = {"body": {"to_chat_id": "@chat"}}
# What is no forward has no origin for anyone. The tests of the module ask for that of forwards.
ASKED: dict[str, dict[str, Any]] = {
    "forwards_forward": {"seq": "@own_seq", **_TO_HERE},
    "forwards_forward: another's": {"seq": "@seq_of_another", **_TO_HERE},
    "forwards_find_origin": {"seq": "@own_seq"},
}
VALUES: dict[str, Any] = {}
