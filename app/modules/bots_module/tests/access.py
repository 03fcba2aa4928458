"""Who gets what from the routes of this module: rows for tests/access."""

from itertools import count
from typing import Any

from tests.fakers import FakeClient, ok

_numbers = count(1)


async def find_or_create(user: FakeClient) -> str:
    """Returns the id of a bot of the user."""
    bots = ok(await user.get("/bots"))["items"]
    bot = bots[0] if bots else ok(await user.post("/bots", {"username": f"helper_{next(_numbers)}"}))
    return str(bot["id"])


async def create_key(user: FakeClient) -> str:
    """Creates a key of that bot and returns its id."""
    path = f"/bots/{await find_or_create(user)}/keys"
    return str(ok(await user.post(path, {"name": "Отчёты", "scopes": ["chats:read"]}))["id"])


REST = {
    "": """
                              anonymous ended stranger neighbour operator former reader member admin owner
bots_create                         401   401      201       201      201    201    201    201   201   201
bots_list_mine                      401   401      200       200      200    200    200    200   200   200
bots_read: one's own                401   401      200       200      200    200    200    200   200   200
bots_read: another's                401   401      404       404      404    404    404    404   404   404
bots_change: one's own              401   401      200       200      200    200    200    200   200   200
bots_change: another's              401   401      404       404      404    404    404    404   404   404
bots_delete: one's own              401   401      204       204      204    204    204    204   204   204
bots_delete: another's              401   401      404       404      404    404    404    404   404   404
bots_list_of_bot: one's own         401   401      200       200      200    200    200    200   200   200
bots_list_of_bot: another's         401   401      404       404      404    404    404    404   404   404
bots_create_for_bot: one's own      401   401      201       201      201    201    201    201   201   201
bots_create_for_bot: another's      401   401      404       404      404    404    404    404   404   404
bots_revoke_of_bot: one's own       401   401      204       204      204    204    204    204   204   204
bots_revoke_of_bot: another's       401   401      404       404      404    404    404    404   404   404
""",
}
ASKED: dict[str, dict[str, Any]] = {
    "bots_create": {"body": {"username": "@new_name"}},
    "bots_revoke_of_bot: one's own": {"bot_id": "@a_bot", "key_id": "@bot_key"},
    "bots_revoke_of_bot: another's": {"bot_id": "@a_bot_of_another", "key_id": "@bot_key_of_another"},
    **{
        f"bots_{operation}: {whose}": {"bot_id": value}
        for operation in ("read", "change", "delete", "list_of_bot", "create_for_bot")
        for whose, value in (("one's own", "@a_bot"), ("another's", "@a_bot_of_another"))
    },
}
VALUES = {"a_bot": find_or_create, "bot_key": create_key}
LIMITS = {"create_bot": ("bots_create",)}
