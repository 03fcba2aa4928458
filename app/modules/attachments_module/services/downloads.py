"""Serves the bytes of files to accounts that may read them at the time of the request."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote

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
        file = await self._find(token)
        headers = {
            "ETag": file.etag,
            "Accept-Ranges": "bytes",
            "Cache-Control": "private, max-age=300",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        if conditions.if_match is not None and not _matches(conditions.if_match, file.etag):
            raise OtherFile
        if conditions.if_none_match is not None and _matches(conditions.if_none_match, file.etag, weak=True):
            return Download(304, headers, None)
        headers["Content-Disposition"] = disposition(file.filename, is_inline=file.content_type != UNKNOWN)
        headers["Content-Type"] = file.content_type
        asked = conditions.range if conditions.if_range in (None, file.etag) else None
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

    async def _find(self, token: str) -> _File:
        link = await self._links.read(token)
        if link is None:
            raise FileNotFound
        self._limits.hit(DOWNLOAD, link.account_id.int)
        async with self._database.connection() as connection:
            rows = await crud.list_visible(connection, [link.attachment_id], link.account_id)
            # From the database: a poll of ended sessions would let a link live for a moment longer.
            live = rows and await self._revocations.list_live(connection, [link.session_id], datetime.now(UTC))
        if not live or rows[0]["state"] != "ready":
            raise FileNotFound
        row = rows[0]
        content_type = content_type_of(row, link.variant)
        if content_type is None:
            raise FileNotFound
        size = row["size"]
        if link.variant != "original":
            size = next(one["size"] for one in previews_of(row) if one["name"] == link.variant)
        return _File(
            content_path(row["sha256"], link.variant),
            size,
            f'"{row["sha256"]}{"" if link.variant == "original" else "-" + link.variant}"',
            content_type if content_type in (*IMAGE_TYPES, *PLAYED_TYPES) else UNKNOWN,
            row["filename"],
        )

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


def disposition(filename: str, *, is_inline: bool) -> str:
    """Returns Content-Disposition (RFC 6266): a name in ASCII, and the real one for those who read it."""
    kind = "inline" if is_inline else "attachment"
    plain = "".join(sign if sign in _ASCII_NAME else "_" for sign in filename)
    encoded = "" if plain == filename else f"; filename*=UTF-8''{quote(filename, safe='')}"
    return f'{kind}; filename="{plain}"{encoded}'


def _matches(header: str, etag: str, *, weak: bool = False) -> bool:
    if header.strip() == "*":
        return True
    tags = [tag.strip() for tag in header.split(",")]
    return etag in ([tag.removeprefix("W/") for tag in tags] if weak else tags)
