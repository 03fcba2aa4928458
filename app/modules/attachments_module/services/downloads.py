"""Serves the bytes of files to accounts that may read them at the time of the request."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import UUID

from app.adapters.db.database import Database
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.attachments_module.db.cruds import attachments as crud
from app.modules.attachments_module.errors import FileNotFound, NoSuchRange, OtherFile
from app.modules.attachments_module.services import metrics
from app.modules.attachments_module.services.kinds import IMAGE_TYPES, PLAYED_TYPES, UNKNOWN
from app.modules.attachments_module.services.links import Links
from app.modules.attachments_module.services.ranges import read_range
from app.modules.attachments_module.services.store import FileStore, content_path
from app.modules.attachments_module.services.views import content_type_of, previews_of
from app.modules.attachments_module.settings import DOWNLOAD
from app.services.rate_limits import RateLimits
from app.utils.etags import names_etag

_ASCII_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._-()+=@~")


class Conditions(NamedTuple):
    """What a request asks for, by its headers."""

    range: str | None
    if_range: str | None
    if_match: str | None
    if_none_match: str | None


class Download(NamedTuple):
    """The answer: without a body for HEAD and 304."""

    status: int
    headers: Mapping[str, str]
    body: AsyncIterator[bytes] | None


class _File(NamedTuple):
    path: str
    size: int
    etag: str
    content_type: str
    filename: str


class Downloads:
    """Finds the file of an address. Access is checked anew each time."""

    def __init__(
        self, database: Database, store: FileStore, links: Links, limits: RateLimits, revocations: Revocations
    ) -> None:
        self._database = database
        self._revocations = revocations
        self._store = store
        self._links = links
        self._limits = limits

    async def open(self, token: str, conditions: Conditions, *, is_head: bool) -> Download:
        """Raises FileNotFound, also for what may not be seen any more, and RateLimited."""
        link = await self._links.read(token)
        if link is None:
            raise FileNotFound
        self._limits.hit(DOWNLOAD, link.account_id.int)
        async with self._database.connection() as connection:
            rows = await crud.list_visible(connection, [link.attachment_id], link.account_id)
            # From the database: a poll of ended sessions would let a link live for a moment longer.
            live = rows and await self._revocations.list_live(connection, [link.session_id], datetime.now(UTC))
        return await self._answer(_file_of(rows[0] if live else None, link.variant), conditions, is_head=is_head)

    async def open_kept(
        self, attachment_id: UUID, variant: str, conditions: Conditions, *, filename: str, is_head: bool, max_age: int
    ) -> Download:
        """Serves a file by another name to a reader whose access the caller has checked. Raises FileNotFound."""
        async with self._database.connection() as connection:
            row = await crud.find(connection, attachment_id)
        file = _file_of(row, variant)._replace(filename=filename)
        return await self._answer(file, conditions, is_head=is_head, max_age=max_age)

    async def _answer(self, file: _File, conditions: Conditions, *, is_head: bool, max_age: int = 300) -> Download:
        headers = {
            "ETag": file.etag,
            "Accept-Ranges": "bytes",
            "Cache-Control": f"private, max-age={max_age}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        if conditions.if_match is not None and not names_etag(conditions.if_match, file.etag, is_weak=False):
            raise OtherFile
        if conditions.if_none_match is not None and names_etag(conditions.if_none_match, file.etag, is_weak=True):
            return Download(304, headers, None)
        headers["Content-Disposition"] = disposition(file.filename, is_inline=file.content_type != UNKNOWN)
        headers["Content-Type"] = file.content_type
        # A range has a meaning for GET only (RFC 9110, 14.2).
        asked = conditions.range if not is_head and conditions.if_range in (None, file.etag) else None
        try:
            part = read_range(asked, file.size)
        except ValueError:
            refusal = NoSuchRange()
            refusal.headers.update({"Accept-Ranges": "bytes", "Content-Range": f"bytes */{file.size}"})
            raise refusal from None
        start, end = part or (0, file.size)
        headers["Content-Length"] = str(end - start)
        if part is not None:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
        body = None if is_head or start == end else await self._read(file.path, start, end)
        return Download(206 if part is not None else 200, headers, body)

    async def _read(self, path: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Returns the bytes once the first of them are there: until then the answer may be another one."""
        chunks = self._store.read(path, start, end)
        try:
            first = await anext(chunks)
        except (FileNotFoundError, StopAsyncIteration):
            raise FileNotFound from None

        async def body() -> AsyncIterator[bytes]:
            metrics.SERVED.inc(len(first))
            yield first
            async for chunk in chunks:
                metrics.SERVED.inc(len(chunk))
                yield chunk

        return body()


def _file_of(row: Any, variant: str) -> _File:
    """Raises FileNotFound for a row that is not ready, or has no such preview."""
    if row is None or row["state"] != "ready":
        raise FileNotFound
    content_type = content_type_of(row, variant)
    if content_type is None:
        raise FileNotFound
    size = row["size"]
    if variant != "original":
        size = next(one["size"] for one in previews_of(row) if one["name"] == variant)
    return _File(
        content_path(row["sha256"], variant),
        size,
        f'"{row["sha256"]}{"" if variant == "original" else "-" + variant}"',
        content_type if content_type in (*IMAGE_TYPES, *PLAYED_TYPES) else UNKNOWN,
        row["filename"],
    )


def disposition(filename: str, *, is_inline: bool) -> str:
    """Returns Content-Disposition (RFC 6266): a name in ASCII, and the real one for those who read it."""
    kind = "inline" if is_inline else "attachment"
    plain = "".join(sign if sign in _ASCII_NAME else "_" for sign in filename)
    encoded = "" if plain == filename else f"; filename*=UTF-8''{quote(filename, safe='')}"
    return f'{kind}; filename="{plain}"{encoded}'
