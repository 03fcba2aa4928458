"""Receiving files: in pieces, each an object of its own, so that any process goes on where another one has stopped."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from secrets import token_hex
from typing import NamedTuple
from uuid import UUID, uuid4

from starlette.requests import ClientDisconnect

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import UnitOfWork, open_unit_of_work
from app.modules.attachments_module.db.cruds import uploads as crud
from app.modules.attachments_module.errors import (
    AttachmentNotFound,
    AttachmentTaken,
    ChecksumMismatch,
    FileTooLarge,
    OffsetMismatch,
    QuotaExceeded,
    UploadExpired,
)
from app.modules.attachments_module.services.collecting import collect_soon
from app.modules.attachments_module.services.names import clean_name, clean_type
from app.modules.attachments_module.services.processing import enqueue_processing
from app.modules.attachments_module.services.store import FileStore, piece_path
from app.modules.attachments_module.services.tus import Checksum
from app.modules.attachments_module.settings import AttachmentSettings
from app.modules.jobs_module.extension import Jobs
from app.modules.streams_module.services.log import now
from app.services.errors import Overloaded, RateLimited

PIECE = 4 * 1024 * 1024
"""Bytes of an upload that are kept in memory before they are stored."""
LIFETIME = timedelta(hours=24)
"""Of an upload to which nothing is added, and of an attachment that no message carries."""
MOST_AT_ONCE = 48
"""Requests of one process that bring bytes: each has a piece in memory."""
MOST_OF_ACCOUNT = 6


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


class Uploads:
    """Creates uploads, adds to them and ends them. It holds no connection of the database while it waits for bytes."""

    def __init__(self, database: Database, store: FileStore, jobs: Jobs, settings: AttachmentSettings) -> None:
        self._database = database
        self._store = store
        self._jobs = jobs
        self.settings = settings
        self._receiving: Counter[UUID] = Counter()

    async def create(
        self, owner_id: UUID, length: int, *, filename: str, content_type: str, metadata: str = ""
    ) -> Upload:
        """Raises FileTooLarge and QuotaExceeded."""
        if length > self.settings.max_bytes:
            raise FileTooLarge(f"A file must have at most {self.settings.max_bytes} bytes")
        upload = Upload(uuid4(), owner_id, length, 0, now() + LIFETIME, metadata)
        name, media_type = clean_name(filename), clean_type(content_type)
        async with open_unit_of_work(self._database) as work:
            raw = await work.raw()
            if not await crud.reserve(raw, owner_id, length, self.settings.quota_bytes):
                raise QuotaExceeded
            await crud.insert(raw, upload.id, owner_id, name, media_type, metadata, length, now(), upload.expires_at)
            if length == 0:
                await self._complete(work, upload)
        return upload

    async def find(self, attachment_id: UUID, owner_id: UUID) -> Upload:
        """Raises AttachmentNotFound, UploadExpired."""
        async with self._database.connection() as connection:
            row = await crud.find(connection, attachment_id, owner_id)
        if row is None:
            raise AttachmentNotFound
        is_uploading = row["state"] == "uploading"
        if row["state"] in ("expired", "gone") or (is_uploading and row["expires_at"] <= now()):
            raise UploadExpired
        expires_at = row["expires_at"] or now() + LIFETIME
        return Upload(
            attachment_id, owner_id, row["length"], row["received"], expires_at, row["metadata"], not is_uploading
        )

    async def receive(
        self, upload: Upload, offset: int, chunks: AsyncIterator[bytes], checksum: Checksum | None = None
    ) -> Upload:
        """Adds bytes at an offset, and completes the upload with the last one. Returns it as it is afterwards.

        What was stored before a client leaves stays. With a checksum nothing is added before all of the bytes are
        there, and right. Raises OffsetMismatch, FileTooLarge, ChecksumMismatch, ClientDisconnect.
        """
        if offset != upload.offset:
            raise _mismatch(upload.offset)
        with self._slot(upload.owner_id):
            receiver = _Receiver(self, upload, checksum)
            try:
                async for chunk in chunks:
                    await receiver.take(chunk)
            except ClientDisconnect:
                if checksum is None:
                    await receiver.flush()
                raise
            except BaseException:
                await receiver.drop()
                raise
            await receiver.end()
            return receiver.upload

    @staticmethod
    def check(upload: Upload, offset: int, size: int) -> None:
        """Refuses what cannot be added, before it is received. Raises OffsetMismatch, FileTooLarge."""
        if offset != upload.offset:
            raise _mismatch(upload.offset)
        if offset + size > upload.length:
            raise FileTooLarge("There are more bytes than Upload-Length says")

    async def discard(self, attachment_id: UUID, owner_id: UUID) -> None:
        """Ends an upload, or deletes a file that no message carries. Raises AttachmentNotFound, AttachmentTaken."""
        async with open_unit_of_work(self._database) as work:
            raw = await work.raw()
            if await crud.discard(raw, attachment_id, owner_id, now()):
                await collect_soon(work, self._jobs)
                return
            if await crud.find(raw, attachment_id, owner_id) is not None:
                raise AttachmentTaken
            raise AttachmentNotFound

    @contextmanager
    def _slot(self, owner_id: UUID) -> Iterator[None]:
        """Raises RateLimited, Overloaded."""
        if self._receiving[owner_id] >= MOST_OF_ACCOUNT:
            raise RateLimited("Too many uploads of this account at once", retry_after=1)
        if self._receiving.total() >= MOST_AT_ONCE:
            raise Overloaded
        self._receiving[owner_id] += 1
        try:
            yield
        finally:
            self._receiving[owner_id] -= 1
            if not self._receiving[owner_id]:
                del self._receiving[owner_id]

    async def put(self, upload: Upload, start: int, data: bytes) -> "_Piece":
        """Stores bytes that are not a part of the upload yet."""
        piece = _Piece(start, len(data), token_hex(8))
        await self._store.put(piece_path(upload.id, start, piece.name), data)
        return piece

    async def drop(self, upload: Upload, pieces: list["_Piece"]) -> None:
        await self._store.delete(*(piece_path(upload.id, piece.start, piece.name) for piece in pieces))

    async def add(self, upload: Upload, pieces: list["_Piece"]) -> Upload:
        """Makes stored bytes a part of the upload: all or none of them. Raises OffsetMismatch."""
        at = now()
        expires_at = at + LIFETIME
        async with open_unit_of_work(self._database) as work:
            raw = await work.raw()
            for piece in pieces:
                if not await crud.advance(raw, upload.id, piece.start, piece.size, piece.name, at, expires_at):
                    current = await crud.find(raw, upload.id, upload.owner_id)
                    raise _mismatch(current["received"] if current is not None else 0)
            added = upload._replace(offset=pieces[-1].start + pieces[-1].size, expires_at=expires_at)
            if added.offset == added.length:
                await self._complete(work, added)
        return added

    async def _complete(self, work: UnitOfWork, upload: Upload) -> None:
        if await crud.complete(await work.raw(), upload.id, now() + LIFETIME):
            await enqueue_processing(work, self._jobs, upload.owner_id, upload.id)


class _Piece(NamedTuple):
    start: int
    size: int
    name: str


class _Receiver:
    """The bytes of one request on their way to the store."""

    def __init__(self, uploads: Uploads, upload: Upload, checksum: Checksum | None) -> None:
        self._uploads = uploads
        self.upload = upload
        self._checksum = checksum
        self._buffer = bytearray()
        self._start = upload.offset
        self._unadded: list[_Piece] = []

    async def take(self, chunk: bytes) -> None:
        if self._start + len(self._buffer) + len(chunk) > self.upload.length:
            raise FileTooLarge("There are more bytes than Upload-Length says")
        if self._checksum is not None:
            self._checksum.hasher.update(chunk)
        self._buffer += chunk
        if len(self._buffer) >= PIECE:
            await self.flush(only_full=True)

    async def flush(self, *, only_full: bool = False) -> None:
        """Stores what is in memory, and adds it to the upload unless a checksum is to be right first."""
        while len(self._buffer) >= (PIECE if only_full else 1):
            data = bytes(self._buffer[:PIECE])
            piece = await self._uploads.put(self.upload, self._start, data)
            del self._buffer[: len(data)]
            self._start += len(data)
            self._unadded.append(piece)
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
        await self._uploads.drop(self.upload, unadded)

    async def _add(self) -> None:
        try:
            self.upload = await self._uploads.add(self.upload, self._unadded)
        except OffsetMismatch:
            await self.drop()
            raise
        finally:
            # Where it is unknown whether they were added, they have to stay.
            self._unadded = []


def _mismatch(offset: int) -> OffsetMismatch:
    refusal = OffsetMismatch()
    refusal.headers["Upload-Offset"] = str(offset)
    return refusal
