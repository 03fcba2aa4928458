"""The bytes of one request on their way into the store, and from there into an upload."""

import asyncio
from datetime import datetime, timedelta
from secrets import token_hex
from typing import NamedTuple
from uuid import UUID

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import UnitOfWork, open_unit_of_work
from app.modules.attachments_module.db.cruds import uploads as crud
from app.modules.attachments_module.errors import ChecksumMismatch, FileTooLarge, OffsetMismatch
from app.modules.attachments_module.services import metrics
from app.modules.attachments_module.services.processing import enqueue_processing
from app.modules.attachments_module.services.store import FileStore, piece_path
from app.modules.attachments_module.services.tus import Checksum
from app.modules.jobs_module.extension import Jobs
from app.modules.streams_module.services.log import now

PIECE = 4 * 1024 * 1024
"""Bytes of an upload that are kept in memory before they are stored."""
LIFETIME = timedelta(hours=24)
"""Of an upload to which nothing is added, and of an attachment that no message carries."""


class Upload(NamedTuple):
    """An upload that the caller may add to."""

    id: UUID
    owner_id: UUID
    length: int
    offset: int
    expires_at: datetime
    metadata: str = ""
    is_over: bool = False
    """All bytes are there: nothing can be added."""


class Piece(NamedTuple):
    """Stored bytes that are, or become, a part of an upload."""

    start: int
    size: int
    name: str


class Pieces:
    """Stores the pieces of uploads. Of two requests that add at one offset, one does."""

    def __init__(self, database: Database, store: FileStore, jobs: Jobs) -> None:
        self._database = database
        self._store = store
        self._jobs = jobs

    async def put(self, upload: Upload, start: int, data: bytes) -> Piece:
        """Stores bytes that are not a part of the upload yet."""
        piece = Piece(start, len(data), token_hex(8))
        await self._store.put(piece_path(upload.id, start, piece.name), data)
        return piece

    async def drop(self, upload: Upload, pieces: list[Piece]) -> None:
        await self._store.delete(*(piece_path(upload.id, piece.start, piece.name) for piece in pieces))

    async def add(self, upload: Upload, pieces: list[Piece]) -> Upload:
        """Makes stored bytes a part of the upload: all or none of them. Raises OffsetMismatch."""
        at = now()
        expires_at = at + LIFETIME
        added = upload._replace(offset=pieces[-1].start + pieces[-1].size, expires_at=expires_at)
        async with open_unit_of_work(self._database) as work:
            raw = await work.raw()
            for piece in pieces:
                if not await crud.advance(raw, upload.id, piece.start, piece.size, piece.name, at, expires_at):
                    current = await crud.find(raw, upload.id, upload.owner_id)
                    raise mismatch(current["received"] if current is not None else 0)
            if added.offset == added.length:
                await self.complete(work, added)
        metrics.RECEIVED.inc(added.offset - pieces[0].start)
        return added

    async def complete(self, work: UnitOfWork, upload: Upload) -> None:
        """Ends an upload that is whole: a job looks at it."""
        if await crud.complete(await work.raw(), upload.id, now() + LIFETIME):
            await enqueue_processing(work, self._jobs, upload.owner_id, upload.id)


class Receiver:
    """The bytes of one request on their way to the store."""

    def __init__(self, pieces: Pieces, upload: Upload, checksum: Checksum | None) -> None:
        self._pieces = pieces
        self.upload = upload
        self._checksum = checksum
        self._chunks: list[bytes] = []
        self._waiting = 0
        self._start = upload.offset
        self._unadded: list[Piece] = []

    async def take(self, chunk: bytes) -> None:
        if self._start + self._waiting + len(chunk) > self.upload.length:
            raise FileTooLarge("There are more bytes than Upload-Length says")
        if self._checksum is not None:
            self._checksum.hasher.update(chunk)
        self._chunks.append(chunk)
        self._waiting += len(chunk)
        if self._waiting >= PIECE:
            await self.flush()

    async def flush(self) -> None:
        """Stores what is in memory, and adds it to the upload unless a checksum has to be right first."""
        if self._waiting:
            # Copied once, and not by the event loop: 4 MiB would keep all other requests waiting for milliseconds.
            data = await asyncio.to_thread(b"".join, self._chunks)
            self._chunks, self._waiting = [], 0
            self._unadded.append(await self._pieces.put(self.upload, self._start, data))
            self._start += len(data)
        if self._unadded and self._checksum is None:
            await self._add()

    async def end(self) -> None:
        await self.flush()
        if self._checksum is not None:
            if not self._checksum.is_right:
                await self.drop()
                raise ChecksumMismatch
            if self._unadded:
                await self._add()

    async def drop(self) -> None:
        """Deletes what was stored and is not a part of the upload."""
        unadded, self._unadded = self._unadded, []
        await self._pieces.drop(self.upload, unadded)

    async def _add(self) -> None:
        try:
            self.upload = await self._pieces.add(self.upload, self._unadded)
        except OffsetMismatch:
            await self.drop()
            raise
        finally:
            # Where it is unknown whether they were added, they have to stay.
            self._unadded = []


def mismatch(offset: int) -> OffsetMismatch:
    """Returns the refusal, which names the right offset."""
    refusal = OffsetMismatch()
    refusal.headers["Upload-Offset"] = str(offset)
    return refusal
