"""Keeps and lists earlier texts of messages."""

from typing import Any

from app.adapters.db.connection import Connection
from app.modules.accounts_module.extension import AccountHook
from app.modules.base_module.schemas import Position
from app.modules.base_module.services.cursors import decode_cursor, encode_cursor
from app.modules.chats_module.extension import ChatPurge, Permission
from app.modules.chats_module.services.access import Membership, check
from app.modules.messages_module.extension import EditedMessage, MessageEdit, MessageRemoval, removing_rows
from app.modules.messages_module.services.views import MessageViews
from app.modules.versions_module import db
from app.modules.versions_module.settings import VersionsSettings
from app.services.context import WorkContext

_PAGE_BYTES = 1_000_000 // 6
"""Of texts. JSON has up to six bytes for each."""
READ_VERSIONS = Permission("messages.read_versions", {"group": "admin", "channel": "admin"}, "messages:read")
"""For messages of others. A member may always read the earlier texts of its own messages."""


async def list_versions(
    connection: Connection, views: MessageViews, member: Membership, seq: int, cursor: str | None
) -> dict[str, Any]:
    """Returns a page of earlier texts, the newest first. Raises MessageNotFound or NotAllowedInChat."""
    (before,) = decode_cursor(cursor, tuple[Position], of="versions") if cursor else (None,)
    message = await views.for_event(connection, member.chat_id, seq)
    if message["sender_id"] != str(member.account_id):
        check(member, READ_VERSIONS, "Only the sender of a message or an admin may read its earlier texts")
    # The texts of messages that were deleted while the module was disabled are still in the table.
    if message["deleted_at"] is not None:
        return {"items": []}
    rows = await db.list_versions(connection, member.chat_id, seq, before, _PAGE_BYTES)
    has_more = bool(rows) and rows[0]["found"] > len(rows)
    return {
        "items": [{"text": row["text"], "written_at": row["written_at"]} for row in rows],
        "next_cursor": encode_cursor(rows[-1]["number"], of="versions") if has_more else None,
    }


async def _keep(context: WorkContext, message: EditedMessage) -> None:
    """Keeps the text. After an edit of other fields, notes only when the text was written, if there is one."""
    chat_id, seq, sender_id, text, written_at, new_text = message
    if text == new_text and text:
        await db.note_time(context.connection, chat_id, seq, sender_id, text, written_at)
    elif text != new_text:
        kept = context.container.get(VersionsSettings).kept
        await db.insert_version(context.connection, chat_id, seq, sender_id, text, written_at, kept)


KEEP = MessageEdit("versions", _keep)
PURGE_DELETED = MessageRemoval("versions", removing_rows("message_version"))
PURGE = ChatPurge.of_rows("versions", db.PURGE)
VERSIONS_OF_ACCOUNT = AccountHook.of_rows("versions", db.DELETE_OF_ACCOUNT)
"""Deletes what the account had replaced, also if its messages stay."""
