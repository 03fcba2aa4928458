"""Who gets what from the routes of this module: rows for tests/access."""

from typing import Any

_SHARED = """
                         anonymous ended stranger neighbour operator former reader member admin owner
threads_list_replies           401   401      404       404      404    404    200    200   200   200
threads_mark_read              401   401      404       404      404    404    200    200   200   200
threads_follow                 401   401      404       404      404    404    204    204   204   204
threads_unfollow               401   401      404       404      404    404    204    204   204   204
"""
REST = {
    "": """
                         anonymous ended stranger neighbour operator former reader member admin owner
threads_list_followed          401   401      200       200      200    200    200    200   200   200
""",
    "group": _SHARED,
    "channel": _SHARED,
    "direct": """
                         anonymous ended stranger neighbour operator former reader member admin owner
threads_list_replies           401     -      404       404      404      -      -    200     -     -
threads_mark_read              401     -      404       404      404      -      -    200     -     -
threads_follow                 401     -      404       404      404      -      -    204     -     -
threads_unfollow               401     -      404       404      404      -      -    204     -     -
""",
}
_OWN = {"root_seq": "@own_seq"}
ASKED: dict[str, dict[str, Any]] = {
    "threads_list_replies": _OWN,
    "threads_mark_read": {**_OWN, "body": {"seq": 1}},
    "threads_follow": _OWN,
    "threads_unfollow": _OWN,
}
VALUES: dict[str, Any] = {}
LIMITS = {
    "change_threads": ("threads_mark_read", "threads_follow", "threads_unfollow"),
    "list_threads": ("threads_list_followed",),
}
SCOPES = """
                          scope           key
threads_list_followed     messages:read   200
threads_list_replies      messages:read   200
threads_mark_read         chats:write     200
threads_follow            chats:write     204
threads_unfollow          chats:write     204
"""
