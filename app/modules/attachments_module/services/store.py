"""Where the bytes are: one object store, a folder or S3."""

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urlsplit
from uuid import UUID

import obstore
from loguru import logger
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, S3Store

from app.modules.attachments_module.errors import StoreUnavailable
from app.modules.attachments_module.services.folder_writer import FolderWriter
from app.modules.attachments_module.settings import AttachmentSettings
from app.settings import PROJECT_ROOT

HEAD_BYTES = 64 * 1024
"""Bytes that say what a file is."""
CHUNK = 256 * 1024
"""Bytes that are read from the store at once."""
_PART = 5 * 1024 * 1024
"""Bytes of a part of an object that is written as a stream; S3 allows no smaller ones."""
_TIMEOUT = timedelta(seconds=20)
_LONGEST_READ = timedelta(days=1)
"""The library counts the time of a slow client, too. The wait for each chunk has `_TIMEOUT`."""
_RETRY: Any = {"max_retries": 2, "retry_timeout": timedelta(seconds=10)}
_SETTLE = 0.05
_Store: TypeAlias = LocalStore | S3Store


class Object(NamedTuple):
    """Something in the store."""

    path: str
    changed_at: datetime


class FileStore:
    """Objects by their paths. Each method raises StoreUnavailable where the store cannot do it at the moment."""

    def __init__(self, settings: AttachmentSettings) -> None:
        self.is_ours = False  # until it was seen to belong to this database
        self._settings = settings
        self._opened: _Store | None = None
        self._reading: _Store | None = None
        self._folder = folder_of(settings)
        self._writer = FolderWriter(self._folder) if self._folder is not None else None

    @property
    def _store(self) -> _Store:
        # At the first use: a folder that cannot be made must not keep the server from starting.
        if self._opened is None:
            self._opened = _open(self._settings, _TIMEOUT)
        return self._opened

    async def close(self) -> None:
        """Lets the library's threads end what they have begun: an interpreter that ends meanwhile would be aborted."""
        if self._opened is not None:
            await asyncio.sleep(_SETTLE)

    async def put(self, path: str, data: bytes) -> None:
        """Writes an object at once: it is there as a whole, or not at all."""
        with _calls():
            store = self._store
            if self._writer is not None:
                await asyncio.to_thread(self._writer.write, path, data)
            else:
                await obstore.put_async(store, path, data, use_multipart=False)

    async def put_stream(self, path: str, chunks: AsyncIterator[bytes], size: int) -> None:
        """Writes an object of this size out of chunks, with a few parts of it in memory."""
        with _calls():
            store = self._store
            if self._writer is not None:
                await self._writer.write_stream(path, chunks)
            elif size <= _PART:
                await self.put(path, b"".join([chunk async for chunk in chunks]))
            else:
                await obstore.put_async(store, path, chunks, use_multipart=True, chunk_size=_PART, max_concurrency=2)

    async def read(self, path: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Yields the bytes from `start` to before `end`. Raises FileNotFoundError."""
        options: Any = {} if end is None else {"range": (start, end)}
        with _calls(is_read=True):
            if self._folder is not None:
                async for chunk in _read_file(self._folder / path, start, end):
                    yield chunk
                return
            if self._reading is None:
                self._reading = _open(self._settings, _LONGEST_READ)
            async with asyncio.timeout(_TIMEOUT.total_seconds()):
                found = await obstore.get_async(self._reading, path, options=options)
            parts = aiter(found.stream(min_chunk_size=CHUNK))
            while (part := await _next(parts)) is not None:
                yield bytes(part)

    async def delete(self, *paths: str) -> None:
        """Deletes objects; those that are not there are no matter."""
        for path in paths:
            with _calls():
                try:
                    await obstore.delete_async(self._store, path)
                except (NotFoundError, FileNotFoundError):
                    continue
                finally:
                    if self._writer is not None:
                        self._writer.forget()

    async def list(self, prefix: str) -> AsyncIterator[Object]:
        """Yields all objects below a prefix."""
        if self._folder is not None and not self._folder.is_dir():
            if self._opened is None:
                return
            # It was there: its disk is not mounted, for example. No object is taken for deleted.
            raise StoreUnavailable
        with _calls():
            async for batch in obstore.list(self._store, prefix):
                for one in batch:
                    yield Object(one["path"], one["last_modified"])

    async def delete_below(self, prefix: str) -> None:
        await self.delete(*[one.path async for one in self.list(prefix)])
        if self._folder is not None:
            # With what a process has left there that was killed while it wrote: no list has it.
            await asyncio.to_thread(shutil.rmtree, self._folder / prefix, ignore_errors=True)

    async def delete_unfinished(self, before: datetime) -> None:
        """Deletes what killed processes have left in a folder. An S3 service does that by a rule of the bucket."""
        if self._writer is not None:
            await asyncio.to_thread(self._writer.delete_unfinished, before.timestamp())


def piece_path(attachment_id: UUID, start: int, name: str) -> str:
    """Returns the path of a part of an upload."""
    return f"{upload_prefix(attachment_id)}{start}-{name}"


def upload_prefix(attachment_id: UUID) -> str:
    return f"uploads/{attachment_id}/"


def content_path(sha256: str, variant: str = "original") -> str:
    """Returns the path of a content, or of one of its previews."""
    return f"files/{sha256}" if variant == "original" else f"previews/{sha256}/{variant}"


class Upload:
    """The stored bytes of an upload that is complete."""

    def __init__(self, store: FileStore, attachment_id: UUID, pieces: Sequence[Any]) -> None:
        self.store = store
        self.id = attachment_id
        self.size = sum(piece["size"] for piece in pieces)
        self._paths = [piece_path(attachment_id, piece["start"], piece["name"]) for piece in pieces]

    async def read(self) -> AsyncIterator[bytes]:
        for path in self._paths:
            async for chunk in self.store.read(path):
                yield chunk

    async def head(self) -> bytes:
        head = b""
        async for chunk in self.read():
            head += chunk
            if len(head) >= HEAD_BYTES:
                break
        return head[:HEAD_BYTES]

    async def hash(self) -> str:
        hasher = hashlib.sha256()
        async for chunk in self.read():
            await asyncio.to_thread(hasher.update, chunk)
        return hasher.hexdigest()


@contextmanager
def _calls(*, is_read: bool = False) -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        if is_read and isinstance(error, FileNotFoundError):
            raise
        # The rest of the message is the library's own state.
        logger.warning("the store of files: {}", str(error).partition("\n")[0])
        raise StoreUnavailable from error


def folder_of(settings: AttachmentSettings) -> Path | None:
    parts = urlsplit(settings.store)
    return PROJECT_ROOT / f"{parts.netloc}{parts.path}" if parts.scheme == "file" else None


async def _read_file(file: Path, start: int, end: int | None) -> AsyncIterator[bytes]:
    """Yields bytes of a file. The library reads 8 KiB at a time, which takes ten times as much processor time."""
    opened = await asyncio.to_thread(file.open, "rb", buffering=0)
    try:
        place = opened.seek(start)
        while end is None or place < end:
            chunk = await asyncio.to_thread(opened.read, CHUNK if end is None else min(CHUNK, end - place))
            if not chunk:
                return
            place += len(chunk)
            yield chunk
    finally:
        opened.close()


async def _next(parts: AsyncIterator[Any]) -> Any | None:
    async with asyncio.timeout(_TIMEOUT.total_seconds()):
        return await anext(parts, None)


def _open(settings: AttachmentSettings, timeout: timedelta) -> _Store:
    parts, folder = urlsplit(settings.store), folder_of(settings)
    if folder is not None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return LocalStore(folder, automatic_cleanup=True)
    secret = settings.s3_secret_access_key
    given: dict[str, Any] = {
        "endpoint": settings.s3_endpoint,
        "access_key_id": settings.s3_access_key_id,
        "secret_access_key": secret.get_secret_value() if secret is not None else None,
    }
    return S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        region=settings.s3_region,
        client_options={"allow_http": True, "timeout": timeout, "connect_timeout": timedelta(seconds=5)},
        retry_config=_RETRY,
        **{name: value for name, value in given.items() if value is not None},
    )
