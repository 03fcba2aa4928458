"""Previews of pages that were fetched a while ago, and messages whose preview was removed by the sender."""

from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base, ChatFamilyModel
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import delete_before, delete_of_chat, one_row

PART_NAME = "link_previews"


class PageDescription(NamedTuple):
    """The texts of a preview, and the address of its image."""

    title: str
    description: str | None
    site_name: str | None
    image_url: str | None = None


class LinkPreviewPage(Base):
    """A page that was fetched. `title` is NULL if it gave no preview. `url_hash`: a URL may be longer than a key."""

    __tablename__ = "link_preview_page"

    url_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    title: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    site_name: Mapped[str | None] = mapped_column(Text)
    image_url: Mapped[str | None] = mapped_column(Text)
    fetched_at: Mapped[datetime] = mapped_column(index=True)


class RemovedLinkPreview(ChatFamilyModel):
    """A message that gets no preview any more, whatever its text becomes."""

    __tablename__ = "removed_link_preview"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)


_FIND_TEXT = f"""
SELECT m.text, coalesce(m.parts -> 'entities', '[]')::text AS entities
FROM {one_row("message", chat_id="$1", seq="$2")} m JOIN chat c ON c.id = m.chat_id AND c.deleted_at IS NULL
WHERE m.deleted_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM removed_link_preview r WHERE r.chat_id = $1 AND r.seq = $2)
"""  # noqa: S608 - constants only
_FIND_PREVIEW = f"""
SELECT sender_id, (parts -> 'link_previews')::text AS shown FROM {one_row("message", chat_id="$1", seq="$2")} m
WHERE deleted_at IS NULL AND json_array_length(parts -> 'link_previews') = 1
"""  # noqa: S608 - constants only
_FIND_PAGE = """
SELECT title, description, site_name, image_url FROM link_preview_page
WHERE url_hash = $1 AND fetched_at > CASE WHEN title IS NULL THEN $3::timestamptz ELSE $2::timestamptz END
"""
_WRITE_PAGE = """
INSERT INTO link_preview_page (url_hash, title, description, site_name, image_url, fetched_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (url_hash) DO UPDATE SET title = excluded.title, description = excluded.description,
    site_name = excluded.site_name, image_url = excluded.image_url, fetched_at = excluded.fetched_at
"""
FORGET_PAGES = delete_before("link_preview_page", "fetched_at", "url_hash")
_ADD_REMOVAL = "INSERT INTO removed_link_preview (chat_id, seq) VALUES ($1, $2) ON CONFLICT DO NOTHING"
PURGE_REMOVALS = delete_of_chat("removed_link_preview", "seq")


class CachedPage(NamedTuple):
    """A page in the cache. `description` is None if the page gives no preview."""

    description: PageDescription | None


def _hash(url: str) -> bytes:
    return sha256(url.encode()).digest()


async def find_text(connection: DatabaseConnection, chat_id: UUID, seq: int) -> tuple[str, list[dict[str, Any]]]:
    """Returns the text of a message and its entities.

    The text is empty if the message can have no preview: it is deleted, or its sender has removed the preview.
    """
    rows = await connection.fetch(_FIND_TEXT, chat_id, seq)
    return (rows[0]["text"], orjson.loads(rows[0]["entities"])) if rows else ("", [])


async def find_preview(connection: DatabaseConnection, chat_id: UUID, seq: int) -> Any | None:
    """Returns the stored preview of a message."""
    rows = await connection.fetch(_FIND_PREVIEW, chat_id, seq)
    return orjson.loads(rows[0]["shown"])[0] if rows else None


async def find_sender(connection: DatabaseConnection, chat_id: UUID, seq: int, url: str) -> UUID | None:
    """Returns the sender of a message with a preview of this page."""
    rows = await connection.fetch(_FIND_PREVIEW, chat_id, seq)
    return UUID(str(rows[0]["sender_id"])) if rows and orjson.loads(rows[0]["shown"])[0]["url"] == url else None


async def find_page(
    connection: DatabaseConnection, url: str, fetched_after: datetime, failed_after: datetime
) -> CachedPage | None:
    rows = await connection.fetch(_FIND_PAGE, _hash(url), fetched_after, failed_after)
    if not rows:
        return None
    title, description, site_name, image_url = rows[0]
    return CachedPage(PageDescription(title, description, site_name, image_url) if title else None)


async def write_page(connection: DatabaseConnection, url: str, page: PageDescription | None, at: datetime) -> None:
    values = page or (None, None, None, None)
    await connection.execute(_WRITE_PAGE, _hash(url), *values, at)


async def add_removal(connection: DatabaseConnection, chat_id: UUID, seq: int) -> None:
    await connection.execute(_ADD_REMOVAL, chat_id, seq)
