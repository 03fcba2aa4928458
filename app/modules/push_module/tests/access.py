"""Who gets what from the routes of this module: rows for tests/access."""

from typing import Any

from app.modules.push_module.tests.devices import PATH, Device, PushService
from tests.fakers import FakeClient, ok


async def subscribe(person: FakeClient) -> str:
    """Subscribes a device and returns the id."""
    body = {**Device(PushService(), person).subscription, "endpoint": f"https://push.example.com/{person.username}"}
    return str(ok(await person.put(PATH, body))["id"])


REST = {
    "": """
                            anonymous ended stranger neighbour operator former reader member admin owner
push_key                          401   401      200       200      200    200    200    200   200   200
push_list_mine                    401   401      200       200      200    200    200    200   200   200
push_subscribe                    401   401      200       200      200    200    200    200   200   200
push_unsubscribe: one's own       401   401      204       204      204    204    204    204   204   204
push_unsubscribe: another's       401   401      404       404      404    404    404    404   404   404
push_unsubscribe: unknown         401   401      404       404      404    404    404    404   404   404
""",
}
ASKED: dict[str, dict[str, Any]] = {
    "push_unsubscribe: one's own": {"subscription_id": "@push_subscription"},
    "push_unsubscribe: another's": {"subscription_id": "@push_subscription_of_another"},
    "push_unsubscribe: unknown": {"subscription_id": "3f2504e0-4f89-41d3-9a0c-0305e82c3301"},
}
VALUES = {"push_subscription": subscribe}
LIMITS = {"change_push_subscriptions": ("push_subscribe", "push_unsubscribe: unknown")}
