"""Attachments, in hand-written SQL: what they become, and the messages that carry them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.adapters.db.citus import has_citus
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import one_row

OF_PREVIEW = -1
"""Position of the image of a link preview. The files of the message itself follow from 0."""

_SHOWN = """
a.id, a.owner_id, a.state, a.filename, a.content_type, a.size, a.sha256, a.width, a.height, a.blurhash,
a.previews::text, a.reason, a.chat_id, a.seq, a.expires_at
"""
_FIND = f"SELECT {_SHOWN}, a.reserved FROM attachment a WHERE a.id = $1"  # noqa: S608
_FIND_LOCKED = f"{_FIND} FOR UPDATE"
# Only its owner sees what no message carries, and only members what one does. Files of messages that were deleted while
# the module was disabled are still in the table.
_IS_SHOWN = """
a.state IN ('uploading', 'processing', 'ready', 'refused') AND (a.state <> 'uploading' OR a.expires_at > now())
"""
_VISIBLE = f"""
(a.chat_id IS NULL AND a.owner_id = $2 OR EXISTS (
    SELECT FROM {one_row("chat_member", chat_id="a.chat_id", account_id="$2")} m
    JOIN chat c ON c.id = m.chat_id AND c.deleted_at IS NULL
    JOIN {one_row("message", chat_id="a.chat_id", seq="a.seq")} carrying ON carrying.deleted_at IS NULL
)) AND {_IS_SHOWN}
"""
_LIST_VISIBLE = f"SELECT {_SHOWN} FROM attachment a WHERE a.id = ANY($1) AND {_VISIBLE}"  # noqa: S608
# With Citus the tables are on different nodes.
_LIST_SHOWN = f"""
SELECT {_SHOWN} FROM attachment a WHERE a.id = ANY($1) AND (a.chat_id IS NOT NULL OR a.owner_id = $2) AND {_IS_SHOWN}
"""  # noqa: S608
_LIST_READABLE = """
SELECT c.id, m.seq FROM unnest($1::uuid[], $2::bigint[]) AS carrying(chat_id, seq)
JOIN chat c ON c.id = carrying.chat_id AND c.deleted_at IS NULL
JOIN chat_member r ON r.chat_id = c.id AND r.account_id = $3
JOIN message m ON m.chat_id = c.id AND m.seq = carrying.seq AND m.deleted_at IS NULL
"""
_OWNED = "a.id = ANY($1) AND (a.id, a.owner_id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))"
# In the order of their ids: two transactions that take several take them in the same order. Not locked are a file of
# another account, which a client may name, and one that a message carries: a forward may hold it.
_LOCK = f"SELECT {_SHOWN} FROM attachment a WHERE {_OWNED} AND a.chat_id IS NULL ORDER BY a.id FOR UPDATE"  # noqa: S608
_LIST_CARRIED = f"SELECT {_SHOWN} FROM attachment a WHERE {_OWNED} AND a.chat_id IS NOT NULL"  # noqa: S608
# Keeps the rows, and with them their contents, until the end of the transaction. Nothing else waits for this lock.
_HOLD = f"""
SELECT {_SHOWN} FROM attachment a WHERE a.id = ANY($1) AND a.state IN ('processing', 'ready', 'refused')
ORDER BY a.id FOR KEY SHARE
"""  # noqa: S608
# With the states as they were held: since then a deletion may have marked the sources.
_COPY = """
INSERT INTO attachment (
    id, owner_id, state, filename, content_type, metadata, length, received, reserved, size, sha256, width, height,
    blurhash, previews, reason, created_at, expires_at
)
SELECT new.id, $3, new.state, a.filename, a.content_type, '', a.length, a.received, coalesce(a.size, 0), a.size,
    a.sha256, a.width, a.height, a.blurhash, a.previews, a.reason, $4, $5
FROM unnest($1::uuid[], $2::uuid[], $6::text[]) AS new(source_id, id, state)
JOIN attachment a ON a.id = new.source_id
"""
_CARRY = """
WITH carried AS (
    INSERT INTO message_attachment (chat_id, seq, position, attachment_id, kind)
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::int[], $4::uuid[], $5::text[])
)
UPDATE attachment a SET chat_id = given.chat_id, seq = given.seq, expires_at = NULL
FROM unnest($1::uuid[], $2::bigint[], $4::uuid[]) AS given(chat_id, seq, id) WHERE a.id = given.id
"""
_DROP = """
WITH dropped AS (
    DELETE FROM message_attachment WHERE chat_id = $1 AND seq = ANY($2) AND (position < 0 OR NOT $4)
    RETURNING attachment_id
)
UPDATE attachment SET state = 'deleted', expires_at = $3 FROM dropped WHERE id = dropped.attachment_id
"""
_HAS_PREVIEW_IMAGE = "SELECT EXISTS (SELECT FROM message_attachment WHERE chat_id = $1 AND seq = $2 AND position < 0)"
_DROP_CHAT = """
WITH dropped AS (
    DELETE FROM message_attachment WHERE (chat_id, seq, position) IN (
        SELECT chat_id, seq, position FROM message_attachment WHERE chat_id = $1 LIMIT $2
    ) RETURNING attachment_id
)
UPDATE attachment SET state = 'deleted', expires_at = $3 FROM dropped WHERE id = dropped.attachment_id RETURNING id
"""
_DROP_UNUSED = """
UPDATE attachment SET state = 'deleted', expires_at = $3 WHERE id IN (
    SELECT id FROM attachment WHERE owner_id = $1 AND expires_at IS NOT NULL AND state <> 'deleted' LIMIT $2
) RETURNING id
"""
_KEEP = "UPDATE attachment SET expires_at = NULL WHERE id = $1"
_LET_GO = """
UPDATE attachment SET state = 'deleted', expires_at = $2
WHERE id = $1 AND chat_id IS NULL AND expires_at IS NULL
"""
_OF_MESSAGE = f"""
SELECT {_SHOWN} FROM message_attachment m JOIN attachment a ON a.id = m.attachment_id
WHERE m.chat_id = $1 AND m.seq = $2 AND m.position >= 0 ORDER BY m.position
"""  # noqa: S608
_PAGE = f"""
SELECT m.seq AS message_seq, m.position, {_SHOWN}
FROM message_attachment m JOIN attachment a ON a.id = m.attachment_id
CROSS JOIN LATERAL {one_row("message", chat_id="m.chat_id", seq="m.seq")} carrying
WHERE m.chat_id = $1 AND m.position >= 0 AND (m.seq, -m.position) < ($2, $3) AND carrying.deleted_at IS NULL {{kind}}
ORDER BY m.seq DESC, m.position LIMIT $4
"""  # noqa: S608
_PAGE_OF_ALL, _PAGE_OF_KIND = _PAGE.format(kind=""), _PAGE.format(kind="AND m.kind = $5")
_FINISH = """
UPDATE attachment SET state = $2, content_type = $3, size = $4, sha256 = $5, width = $6, height = $7, blurhash = $8,
previews = convert_from($9::bytea, 'UTF8')::json, reason = $10, reserved = $11 WHERE id = $1
"""
_SET_KIND = "UPDATE message_attachment SET kind = $4 WHERE chat_id = $1 AND seq = $2 AND attachment_id = $3"


async def find(connection: DatabaseConnection, attachment_id: UUID, *, lock: bool = False) -> Any:
    rows = await connection.fetch(_FIND_LOCKED if lock else _FIND, attachment_id)
    return rows[0] if rows else None


async def list_visible(connection: DatabaseConnection, ids: Sequence[UUID], viewer: UUID) -> Any:
    """Returns those that the viewer may see now."""
    if not has_citus(connection):
        return await connection.fetch(_LIST_VISIBLE, ids, viewer)
    shown = await connection.fetch(_LIST_SHOWN, ids, viewer)
    carried = [(row["chat_id"], row["seq"]) for row in shown if row["chat_id"] is not None]
    chat_ids, seqs = [chat_id for chat_id, _ in carried], [seq for _, seq in carried]
    readable = {tuple(row) for row in await connection.fetch(_LIST_READABLE, chat_ids, seqs, viewer)}
    return [row for row in shown if row["chat_id"] is None or (row["chat_id"], row["seq"]) in readable]


async def lock(connection: DatabaseConnection, owned: Collection[tuple[UUID, UUID]]) -> Mapping[UUID, Any]:
    """Returns those of the attachments that are of the account named with them: (attachment, account).

    Locks those that no message carries.
    """
    ids, owners = map(list, zip(*owned, strict=True))
    rows = await connection.fetch(_LOCK, ids, owners)
    if len(rows) < len(ids):
        rows = [*rows, *await connection.fetch(_LIST_CARRIED, ids, owners)]
    return {row["id"]: row for row in rows}


async def hold(connection: DatabaseConnection, ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    """Returns those of the attachments that exist and are uploaded. They are not deleted before the commit."""
    return {row["id"]: row for row in await connection.fetch(_HOLD, ids)}


async def copy(
    connection: DatabaseConnection,
    held: Sequence[Any],
    new_ids: Sequence[UUID],
    owner_id: UUID,
    at: datetime,
    expires_at: datetime,
) -> None:
    """Copies attachments that `hold` has returned, for another owner. The caller has reserved their bytes."""
    ids, states = [row["id"] for row in held], [row["state"] for row in held]
    await connection.execute(_COPY, ids, new_ids, owner_id, at, expires_at, states)


async def carry(connection: DatabaseConnection, rows: Sequence[tuple[UUID, int, int, UUID, str]]) -> None:
    """Makes attachments those of messages: (chat, message, position, attachment, kind)."""
    await connection.execute(_CARRY, *map(list, zip(*rows, strict=True)))


async def keep(connection: DatabaseConnection, attachment_id: UUID) -> None:
    """Keeps an attachment that no message carries: it is not collected."""
    await connection.execute(_KEEP, attachment_id)


async def let_go(connection: DatabaseConnection, attachment_id: UUID, at: datetime) -> None:
    """Marks an attachment that was kept as deleted."""
    await connection.execute(_LET_GO, attachment_id, at)


async def drop(connection: DatabaseConnection, chat_id: UUID, seqs: Sequence[int], at: datetime) -> None:
    """Marks the attachments of messages as deleted."""
    await connection.execute(_DROP, chat_id, seqs, at, False)


async def has_preview_image(connection: DatabaseConnection, chat_id: UUID, seq: int) -> bool:
    return bool(await connection.fetchval(_HAS_PREVIEW_IMAGE, chat_id, seq))


async def drop_preview_images(connection: DatabaseConnection, chat_id: UUID, seqs: Sequence[int], at: datetime) -> None:
    """Marks the images of the link previews of messages as deleted."""
    await connection.execute(_DROP, chat_id, seqs, at, True)


async def drop_chat(connection: DatabaseConnection, chat_id: UUID, limit: int, at: datetime) -> int:
    return len(await connection.fetch(_DROP_CHAT, chat_id, limit, at))


async def drop_unused(connection: DatabaseConnection, owner_id: UUID, limit: int, at: datetime) -> int:
    return len(await connection.fetch(_DROP_UNUSED, owner_id, limit, at))


async def list_of_message(connection: DatabaseConnection, chat_id: UUID, seq: int) -> Any:
    return await connection.fetch(_OF_MESSAGE, chat_id, seq)


async def list_of_chat(
    connection: DatabaseConnection, chat_id: UUID, before: tuple[int, int], kind: str | None, limit: int
) -> Any:
    """Returns a page, newest messages first. `before` is the message and the negative position of the last one."""
    if kind is None:
        return await connection.fetch(_PAGE_OF_ALL, chat_id, *before, limit)
    return await connection.fetch(_PAGE_OF_KIND, chat_id, *before, limit, kind)


async def finish(
    connection: DatabaseConnection,
    attachment_id: UUID,
    state: str,
    content_type: str,
    size: int | None,
    sha256: str | None,
    width: int | None,
    height: int | None,
    blurhash: str | None,
    previews: Sequence[Mapping[str, Any]],
    reason: str | None,
    reserved: int,
) -> None:
    await connection.execute(
        _FINISH,
        attachment_id,
        state,
        content_type,
        size,
        sha256,
        width,
        height,
        blurhash,
        orjson.dumps(previews),
        reason,
        reserved,
    )


async def set_kind(connection: DatabaseConnection, chat_id: UUID, seq: int, attachment_id: UUID, kind: str) -> None:
    await connection.execute(_SET_KIND, chat_id, seq, attachment_id, kind)
