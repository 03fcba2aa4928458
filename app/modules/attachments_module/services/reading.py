"""Attachments for those who may see them."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.adapters.db.database import Database
from app.modules.accounts_module.extension import Identity
from app.modules.attachments_module.db.cruds import attachments as crud
from app.modules.attachments_module.errors import AttachmentNotFound
from app.modules.attachments_module.services.links import Links
from app.modules.attachments_module.services.views import view_attachment
from app.modules.base_module.schemas import Position
from app.modules.base_module.services.cursors import decode_cursor, encode_cursor
from app.resources.constants import MAX_BIGINT

_NegativePosition = Annotated[int, Field(gt=-(2**31), le=0)]


async def read_attachment(database: Database, links: Links, identity: Identity, attachment_id: UUID) -> dict[str, Any]:
    """Raises AttachmentNotFound."""
    rows = await list_attachments(database, links, identity, [attachment_id])
    if not rows:
        raise AttachmentNotFound
    return rows[0]


async def list_attachments(
    database: Database, links: Links, identity: Identity, ids: Sequence[UUID]
) -> list[dict[str, Any]]:
    """Returns those that the caller may see, in the order of the ids."""
    async with database.connection() as connection:
        found = {row["id"]: row for row in await crud.list_visible(connection, ids, identity.account_id)}
    rows = [found[one] for one in dict.fromkeys(ids) if one in found]
    return [view_attachment(row, await links.make(identity, row)) for row in rows]


async def list_of_chat(
    database: Database,
    links: Links,
    identity: Identity,
    chat_id: UUID,
    cursor: str | None,
    kind: str | None,
    limit: int,
) -> dict[str, Any]:
    """Returns a page, newest messages first. The caller is known to be a member."""
    first = MAX_BIGINT, 0
    before = decode_cursor(cursor, tuple[Position, _NegativePosition], of="attachments") if cursor else first
    async with database.connection() as connection:
        rows = await crud.list_of_chat(connection, chat_id, before, kind, limit + 1)
    page = rows[:limit]
    items = [
        {"seq": row["message_seq"], "attachment": view_attachment(row, await links.make(identity, row))} for row in page
    ]
    last = page[-1] if len(rows) > limit else None
    next_cursor = encode_cursor(last["message_seq"], -last["position"], of="attachments") if last else None
    return {"items": items, "next_cursor": next_cursor}
