"""Who gets what from the routes of this module: rows for tests/access."""

from typing import Any

from app.modules.attachments_module.tests.pictures import picture
from app.modules.attachments_module.tests.uploading import PART, TUS, begin, ready
from tests.fakers import FakeClient, ok

_OF_CHAT = """
                         anonymous ended stranger neighbour operator former reader member admin owner
attachments_list_of_chat       401   401      404       404      404    404    200    200   200   200
attachments_set_chat_avatar    401   401      404       404      404    404    403    403   200   200
attachments_remove_chat_avatar 401   401      404       404      404    404    403    403   204   204
"""
REST = {
    "": """
                                 anonymous ended stranger neighbour operator former reader member admin owner
attachments_options                    204   204      204       204      204    204    204    204   204   204
attachments_create                     401   401      201       201      201    201    201    201   201   201
attachments_progress: one's own        401   401      200       200      200    200    200    200   200   200
attachments_progress: another's        401   401      404       404      404    404    404    404   404   404
attachments_append: one's own          401   401      204       204      204    204    204    204   204   204
attachments_append: another's          401   401      404       404      404    404    404    404   404   404
attachments_delete: one's own          401   401      204       204      204    204    204    204   204   204
attachments_delete: another's          401   401      404       404      404    404    404    404   404   404
attachments_read: one's own            401   401      200       200      200    200    200    200   200   200
attachments_read: another's            401   401      404       404      404    404    404    404   404   404
attachments_urls                       401   401      200       200      200    200    200    200   200   200
attachments_download: made up          404   404      404       404      404    404    404    404   404   404
attachments_download: signed           200   200      200       200      200    200    200    200   200   200
attachments_set_own_avatar: one's own  401   401      200       200      200    200    200    200   200   200
attachments_set_own_avatar: another's  401   401      404       404      404    404    404    404   404   404
attachments_remove_own_avatar          401   401      204       204      204    204    204    204   204   204
attachments_show_avatar: made up       404   404      404       404      404    404    404    404   404   404
attachments_show_avatar: signed        200   200      200       200      200    200    200    200   200   200
""",
    "group": _OF_CHAT,
    "channel": _OF_CHAT,
    "direct": """
                         anonymous ended stranger neighbour operator former reader member admin owner
attachments_list_of_chat       401     -      404       404      404      -      -    200     -     -
attachments_set_chat_avatar    401     -      404       404      404      -      -    403     -     -
attachments_remove_chat_avatar 401     -      404       404      404      -      -    403     -     -
""",
}
ASKED: dict[str, dict[str, Any]] = {
    "attachments_progress: one's own": {"attachment_id": "@upload", "headers": TUS},
    "attachments_progress: another's": {"attachment_id": "@upload_of_another", "headers": TUS},
    "attachments_append: one's own": {"attachment_id": "@upload", "headers": {**PART, "Upload-Offset": "0"}},
    "attachments_append: another's": {"attachment_id": "@upload_of_another", "headers": {**PART, "Upload-Offset": "0"}},
    "attachments_delete: one's own": {"attachment_id": "@upload"},
    "attachments_delete: another's": {"attachment_id": "@upload_of_another"},
    "attachments_read: one's own": {"attachment_id": "@upload"},
    "attachments_read: another's": {"attachment_id": "@upload_of_another"},
    "attachments_download: signed": {"path": "@address"},
    "attachments_set_own_avatar: one's own": {"body": {"attachment_id": "@image"}},
    "attachments_set_own_avatar: another's": {"body": {"attachment_id": "@image_of_another"}},
    "attachments_set_chat_avatar": {"body": {"attachment_id": "@image"}},
    "attachments_show_avatar: signed": {"path": "@avatar"},
}


async def _upload(user: FakeClient) -> str:
    return (await begin(user, 5))[1:]


async def _address(user: FakeClient) -> str:
    return str((await ready(user, b"12345"))["url"])


async def _image(user: FakeClient) -> str:
    return str((await ready(user, picture("PNG"), "a.png"))["id"])


async def _avatar(user: FakeClient) -> str:
    return str(ok(await user.put("/accounts/me/avatar", {"attachment_id": await _image(user)}))["url"])


VALUES = {"upload": _upload, "address": _address, "image": _image, "avatar": _avatar}
LIMITS = {
    "create_attachment": ("attachments_create",),
    "upload_part": ("attachments_append: one's own",),
    "download_file": ("attachments_download: signed", "attachments_show_avatar: signed"),
    "change_avatar": (
        "attachments_set_own_avatar: one's own",
        "attachments_remove_own_avatar",
        "attachments_set_chat_avatar",
        "attachments_remove_chat_avatar",
    ),
}
SCOPES = """
                          scope           key
attachments_create        files:write     201
attachments_progress      files:write     200
attachments_append        files:write     204
attachments_delete        files:write     204
attachments_read          messages:read   200
attachments_urls          messages:read   200
attachments_list_of_chat  messages:read   200
attachments_set_chat_avatar     chats:write  200
attachments_remove_chat_avatar  chats:write  204
"""
