"""Who gets what from the routes of this module: rows for tests/access."""

from typing import Any
from uuid import uuid3

from app.modules.schedules_module.tests.scheduling import schedule
from tests.fakers import FakeClient

_SHARED = """
                         anonymous ended stranger neighbour operator former reader member admin owner
schedules_list_of_chat         401   401      404       404      404    404    200    200   200   200
schedules_change: made up      401   401      404       404      404    404    404    404   404   404
schedules_cancel: made up      401   401      404       404      404    404    404    404   404   404
"""
REST = {
    "": """
                                anonymous ended stranger neighbour operator former reader member admin owner
schedules_change: one's own           401   401      200       200      200    200    200    200   200   200
schedules_change: another's           401   401      404       404      404    404    404    404   404   404
schedules_cancel: one's own           401   401      204       204      204    204    204    204   204   204
schedules_cancel: another's           401   401      404       404      404    404    404    404   404   404
""",
    "group": _SHARED
    + """\
schedules_create               401   401      404       404      404    404    403    201   201   201
""",
    "channel": _SHARED
    + """\
schedules_create               401   401      404       404      404    404    403    403   201   201
""",
    "direct": """
                         anonymous ended stranger neighbour operator former reader member admin owner
schedules_list_of_chat         401     -      404       404      404      -      -    200     -     -
schedules_change: made up      401     -      404       404      404      -      -    404     -     -
schedules_cancel: made up      401     -      404       404      404      -      -    404     -     -
schedules_create               401     -      404       404      404      -      -    201     -     -
""",
}
_BODY = {"text": "Привет"}
_OWN = {"chat_id": "@chat_of_schedules", "scheduled_id": "@scheduled"}
_OF_ANOTHER = {"chat_id": "@chat_of_schedules", "scheduled_id": "@scheduled_of_another"}
ASKED: dict[str, dict[str, Any]] = {
    "schedules_change: made up": {"body": _BODY},
    "schedules_change: one's own": _OWN | {"body": _BODY},
    "schedules_change: another's": _OF_ANOTHER | {"body": _BODY},
    "schedules_cancel: one's own": _OWN,
    "schedules_cancel: another's": _OF_ANOTHER,
}


async def _chat(user: FakeClient) -> str:
    """Returns a chat of the user, the same at each call."""
    return await user.open_chat(id=str(uuid3(user.uuid, "schedules")))


async def _scheduled(user: FakeClient) -> str:
    return str((await schedule(user, await _chat(user)))["id"])


VALUES = {"chat_of_schedules": _chat, "scheduled": _scheduled}
LIMITS = {"schedule": ("schedules_create", "schedules_change: made up")}
SCOPES = """
                          scope           key  bot
schedules_create          messages:write  201  201
schedules_list_of_chat    messages:read   200  200
schedules_change          messages:write  200    -
schedules_cancel          messages:write  204    -
"""
