"""Who gets what from the routes of this module: rows for tests/access. No event is of the kind that is posted."""

from typing import Any

from tests.fakers import FakeClient, ok

_BODY = {"url": "https://hooks.invalid/", "kinds": ["webhook.paused"]}


async def create(user: FakeClient) -> str:
    """Returns the id of a webhook of the user's sessions: one that exists, or a new one."""
    webhooks = [one for one in ok(await user.get("/webhooks"))["items"] if one["key_id"] is None]
    return str((webhooks[0] if webhooks else ok(await user.post("/webhooks", _BODY)))["id"])


async def find_own_stream(user: FakeClient) -> str:
    return user.id


REST = {
    "": """
                                     anonymous ended stranger neighbour operator former reader member admin owner
webhooks_create                            401   401      201       201      201    201    201    201   201   201
webhooks_list_mine                         401   401      200       200      200    200    200    200   200   200
webhooks_read: one's own                   401   401      200       200      200    200    200    200   200   200
webhooks_read: another's                   401   401      404       404      404    404    404    404   404   404
webhooks_change: one's own                 401   401      200       200      200    200    200    200   200   200
webhooks_change: another's                 401   401      404       404      404    404    404    404   404   404
webhooks_delete: one's own                 401   401      204       204      204    204    204    204   204   204
webhooks_delete: another's                 401   401      404       404      404    404    404    404   404   404
webhooks_rotate_secret: one's own          401   401      200       200      200    200    200    200   200   200
webhooks_rotate_secret: another's          401   401      404       404      404    404    404    404   404   404
webhooks_post_test: one's own              401   401      200       200      200    200    200    200   200   200
webhooks_post_test: another's              401   401      404       404      404    404    404    404   404   404
webhooks_list_deliveries: one's own        401   401      200       200      200    200    200    200   200   200
webhooks_list_deliveries: another's        401   401      404       404      404    404    404    404   404   404
webhooks_list_cursors: one's own           401   401      200       200      200    200    200    200   200   200
webhooks_list_cursors: another's           401   401      404       404      404    404    404    404   404   404
webhooks_replace_cursor: one's own         401   401      200       200      200    200    200    200   200   200
webhooks_replace_cursor: another's         401   401      404       404      404    404    404    404   404   404
"""
}
_CHANGE = {"body": {"kinds": ["webhook.paused"]}}
_STREAM = {"stream_id": "@own_stream"}
ASKED: dict[str, dict[str, Any]] = {
    "webhooks_create": {"body": _BODY},
    **{
        f"webhooks_{operation}: {whose}": {"webhook_id": value, **more}
        for operation, more in (
            ("read", {}),
            ("change", _CHANGE),
            ("delete", {}),
            ("rotate_secret", {}),
            ("post_test", {}),
            ("list_deliveries", {}),
            ("list_cursors", {}),
            ("replace_cursor", _STREAM),
        )
        for whose, value in (("one's own", "@webhook"), ("another's", "@webhook_of_another"))
    },
}
VALUES = {"webhook": create, "own_stream": find_own_stream}
LIMITS = {
    "create_webhook": ("webhooks_create",),
    "change_webhook": (
        "webhooks_change: one's own",
        "webhooks_delete: one's own",
        "webhooks_rotate_secret: one's own",
        "webhooks_replace_cursor: one's own",
    ),
    "test_webhook": ("webhooks_post_test: one's own",),
}
# A key manages the webhooks that it has created, and none of a session.
SCOPES = """
                            scope           key  bot
webhooks_create             webhooks:write  201  201
webhooks_list_mine          webhooks:write  200  200
webhooks_read               webhooks:write  404  404
webhooks_change             webhooks:write  404  404
webhooks_delete             webhooks:write  404  404
webhooks_rotate_secret      webhooks:write  404  404
webhooks_post_test          webhooks:write  404  404
webhooks_list_deliveries    webhooks:write  404  404
webhooks_list_cursors       webhooks:write  404  404
webhooks_replace_cursor     webhooks:write  404  404
"""
