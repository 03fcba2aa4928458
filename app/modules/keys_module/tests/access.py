"""Who gets what from the routes of this module: rows for tests/access."""

from typing import Any

from tests.fakers import FakeClient, ok


async def create(person: FakeClient) -> str:
    """Creates a key and returns its id."""
    return str(ok(await person.post("/accounts/me/keys", {"name": "Отчёты", "scopes": ["chats:read"]}))["id"])


REST = {
    "": """
                         anonymous ended stranger neighbour operator former reader member admin owner
keys_list_mine                 401   401      200       200      200    200    200    200   200   200
keys_create                    401   401      201       201      201    201    201    201   201   201
keys_revoke: one's own         401   401      204       204      204    204    204    204   204   204
keys_revoke: another's         401   401      404       404      404    404    404    404   404   404
""",
}
ASKED: dict[str, dict[str, Any]] = {
    "keys_revoke: one's own": {"key_id": "@key"},
    "keys_revoke: another's": {"key_id": "@key_of_another"},
}
VALUES = {"key": create}
LIMITS = {"api_key": (), "create_key": ("keys_create", "bots_create_for_bot: one's own")}
