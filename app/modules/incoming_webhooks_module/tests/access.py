"""Who gets what from the routes of this module: rows for tests/access."""

from typing import Any
from urllib.parse import urlsplit
from uuid import uuid3

from app.modules.incoming_webhooks_module.tests.hooks import create_hook
from tests.fakers import FakeClient, ok

_SHARED = """
                                anonymous ended stranger neighbour operator former reader member admin owner
incoming_webhooks_create              401   401      404       404      404    404    403    403   201   201
incoming_webhooks_list_of_chat        401   401      404       404      404    404    403    403   200   200
incoming_webhooks_change              401   401      404       404      404    404    403    403   200   200
incoming_webhooks_change: made up     401   401      404       404      404    404    403    403   404   404
incoming_webhooks_delete: made up     401   401      404       404      404    404    403    403   404   404
"""
REST = {
    # The address is the only secret.
    "": """
                                anonymous ended stranger neighbour operator former reader member admin owner
incoming_webhooks_post                200   200      200       200      200    200    200    200   200   200
incoming_webhooks_delete              401   401      204       204      204    204    204    204   204   204
incoming_webhooks_delete: another's   401   401      404       404      404    404    404    404   404   404
""",
    "group": _SHARED,
    "channel": _SHARED,
    "direct": """
                                anonymous ended stranger neighbour operator former reader member admin owner
incoming_webhooks_create              401     -      404       404      404      -      -    201     -     -
incoming_webhooks_list_of_chat        401     -      404       404      404      -      -    200     -     -
incoming_webhooks_change              401     -      404       404      404      -      -    200     -     -
incoming_webhooks_delete: made up     401     -      404       404      404      -      -    404     -     -
""",
}
ASKED: dict[str, dict[str, Any]] = {
    "incoming_webhooks_change": {"hook_id": "@hook"},
    "incoming_webhooks_change: made up": {},
    "incoming_webhooks_delete": {"chat_id": "@chat_of_hooks", "hook_id": "@own_hook"},
    "incoming_webhooks_delete: another's": {"chat_id": "@chat_of_hooks_of_another", "hook_id": "@own_hook_of_another"},
    "incoming_webhooks_delete: made up": {},
    "incoming_webhooks_post": {"path": "@address_of_hook", "body": {"text": "Привет"}},
}


async def _address(user: FakeClient) -> str:
    hook = await create_hook(user, await user.open_chat())
    return str(urlsplit(hook["url"]).path)


async def _hook(user: FakeClient, chat_id: str) -> str:
    """Returns the id of a webhook of the chat. A direct chat is the same each time, so its webhook is, too."""
    hooks = ok(await user.get(f"/chats/{chat_id}/incoming-webhooks"))["items"]
    return str((hooks[0] if hooks else await create_hook(user, chat_id))["id"])


async def _chat(user: FakeClient) -> str:
    """Returns a chat of the user, the same at each call."""
    return await user.open_chat(id=str(uuid3(user.uuid, "incoming webhooks")))


async def _own_hook(user: FakeClient) -> str:
    return await _hook(user, await _chat(user))


VALUES = {"address_of_hook": _address, "chat_of_hooks": _chat, "own_hook": _own_hook}
IN_CHAT = {"hook": _hook}
LIMITS: dict[str, tuple[str, ...]] = {
    "change_incoming_webhooks": (
        "incoming_webhooks_create",
        "incoming_webhooks_change",
        "incoming_webhooks_delete: made up",
    ),
    # The callers are programs without an account: tests/test_limits.py of the module uses them up.
    "post_by_incoming_webhook": (),
    "post_by_incoming_webhooks_of_chat": (),
}
# Creating needs `messages:write` as well: tests/test_keys.py of the module.
SCOPES = """
                                scope           key  bot
incoming_webhooks_create        webhooks:write  403  403
incoming_webhooks_list_of_chat  webhooks:write  200  200
incoming_webhooks_change        webhooks:write  200  200
incoming_webhooks_delete        webhooks:write  204    -
"""
