"""Previews of pages that were fetched a while ago, and messages whose preview was removed by the sender."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base, ChatFamilyModel
from app.adapters.db.connection import DatabaseConnection
from app.modules.previews_module.parsing import PageDescription


class LinkPreviewPage(Base):
    """A page that was fetched. `title` is NULL if it gave no preview. `url_hash`: a URL may be longer than a key."""

    __tablename__ = "link_preview_page"

    url_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    title: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    site_name: Mapped[str | None] = mapped_column(Text)
    fetched_at: Mapped[datetime] = mapped_column(index=True)


class RemovedLinkPreview(ChatFamilyModel):
    """A message that gets no preview any more, whatever its text becomes."""

    __tablename__ = "removed_link_preview"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)


_FIND_TEXT = """
SELECT m.text FROM message m JOIN chat c ON c.id = m.chat_id AND c.deleted_at IS NULL
WHERE m.chat_id = $1 AND m.seq = $2 AND m.deleted_at IS NULL
  AND NOT EXISTS (SELECT FROM removed_link_preview r WHERE r.chat_id = $1 AND r.seq = $2)
"""
_FIND_PAGE = """
SELECT title, description, site_name FROM link_preview_page
WHERE url_hash = $1 AND fetched_at > CASE WHEN title IS NULL THEN $3::timestamptz ELSE $2::timestamptz END
"""
_WRITE_PAGE = """
INSERT INTO link_preview_page (url_hash, title, description, site_name, fetched_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (url_hash) DO UPDATE SET title = excluded.title, description = excluded.description,
    site_name = excluded.site_name, fetched_at = excluded.fetched_at
"""
_FORGET_PAGES = """
DELETE FROM link_preview_page WHERE url_hash IN (
    SELECT url_hash FROM link_preview_page WHERE fetched_at < $1 LIMIT $2
) RETURNING url_hash
"""
_ADD_REMOVAL = "INSERT INTO removed_link_preview (chat_id, seq) VALUES ($1, $2) ON CONFLICT DO NOTHING"
_DELETE_REMOVALS = "DELETE FROM removed_link_preview WHERE chat_id = $1 AND seq = ANY($2)"
_PURGE_REMOVALS = """
DELETE FROM removed_link_preview WHERE chat_id = $1 AND seq IN (
    SELECT seq FROM removed_link_preview WHERE chat_id = $1 LIMIT $2
) RETURNING seq
"""


class CachedPage(NamedTuple):
    """A page in the cache. `description` is None if the page gives no preview."""

    description: PageDescription | None


def _hash(url: str) -> bytes:
    return sha256(url.encode()).digest()


async def find_text(connection: DatabaseConnection, chat_id: UUID, seq: int) -> str | None:
    """Returns the text of a message that may have a preview. None if it is deleted, or if its preview was removed."""
    text: str | None = await connection.fetchval(_FIND_TEXT, chat_id, seq)
    return text


async def find_page(
    connection: DatabaseConnection, url: str, fetched_after: datetime, failed_after: datetime
) -> CachedPage | None:
    rows = await connection.fetch(_FIND_PAGE, _hash(url), fetched_after, failed_after)
    if not rows:
        return None
    title, description, site_name = rows[0]
    return CachedPage(PageDescription(title, description, site_name) if title else None)


async def write_page(connection: DatabaseConnection, url: str, page: PageDescription | None, at: datetime) -> None:
    values = page or (None, None, None)
    await connection.execute(_WRITE_PAGE, _hash(url), *values, at)


async def forget_pages(connection: DatabaseConnection, before: datetime, limit: int) -> int:
    return len(await connection.fetch(_FORGET_PAGES, before, limit))


async def add_removal(connection: DatabaseConnection, chat_id: UUID, seq: int) -> None:
    await connection.execute(_ADD_REMOVAL, chat_id, seq)


async def delete_removals(connection: DatabaseConnection, chat_id: UUID, seqs: Sequence[int]) -> None:
    await connection.execute(_DELETE_REMOVALS, chat_id, list(seqs))


async def purge_removals(connection: DatabaseConnection, chat_id: UUID, limit: int) -> bool:
    """Deletes up to `limit` rows of a chat. Returns True if there were any."""
    return bool(await connection.fetch(_PURGE_REMOVALS, chat_id, limit))
