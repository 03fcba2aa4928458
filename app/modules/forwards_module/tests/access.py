"""Who gets what from the routes of this module: rows for tests/access."""

from typing import Any

from tests.fakers import FakeClient, ok

REST = {
    "": """
                         anonymous ended stranger neighbour operator former reader member admin owner
forwards_find_origin: own      401   401      200       200      200    200    200    200   200   200
""",
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
# What is no forward has no origin for anyone.
ASKED: dict[str, dict[str, Any]] = {
    "forwards_forward": {"seq": "@own_seq", **_TO_HERE},
    "forwards_forward: another's": {"seq": "@seq_of_another", **_TO_HERE},
    "forwards_find_origin": {"seq": "@own_seq"},
    "forwards_find_origin: own": {"chat_id": "@chat_with_forward", "seq": 2},
}


async def make_forward(user: FakeClient) -> str:
    """Returns a chat whose second message is a forward of the first."""
    chat_id = await user.open_chat()
    await user.send(chat_id)
    ok(await user.post(f"/chats/{chat_id}/messages/1/forward", {"to_chat_id": chat_id}))
    return chat_id


VALUES: dict[str, Any] = {"chat_with_forward": make_forward}
SCOPES = """
                          scope           key  bot
forwards_forward          messages:write  201    -
forwards_find_origin      messages:read   200    -
"""
