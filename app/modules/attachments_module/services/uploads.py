"""Receiving files: in pieces, each an object of its own, so that any process goes on where another one has stopped."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

from starlette.requests import ClientDisconnect

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.accounts_module.services.open_sessions import OpenSessions
from app.modules.attachments_module.db.cruds import uploads as crud
from app.modules.attachments_module.errors import (
    AttachmentNotFound,
    AttachmentTaken,
    FileTooLarge,
    QuotaExceeded,
    UploadExpired,
)
from app.modules.attachments_module.services.collecting import collect_soon
from app.modules.attachments_module.services.names import clean_name, clean_type
from app.modules.attachments_module.services.places import Places, Sender
from app.modules.attachments_module.services.quota import lock_quotas, reserve
from app.modules.attachments_module.services.receiving import LIFETIME, Pieces, Receiver, Upload, mismatch
from app.modules.attachments_module.services.store import FileStore
from app.modules.attachments_module.services.tus import Checksum
from app.modules.attachments_module.settings import AttachmentSettings
from app.modules.jobs_module.extension import Jobs
from app.modules.streams_module.services.log import now
from app.services.context import Context
from app.services.errors import Overloaded
from app.utils.container import Container


class Uploads:
    """Creates uploads, adds to them and ends them. It holds no connection of the database while it waits for bytes."""

    def __init__(self, container: Container, store: FileStore, sessions: OpenSessions) -> None:
        self._container = container
        self._database = container.get(Database)
        self._jobs = container.get(Jobs)
        self._pieces = Pieces(self._database, store, self._jobs)
        self.settings = container.get(AttachmentSettings)
        self._places = Places(sessions)

    async def create(
        self, owner_id: UUID, length: int, *, filename: str, content_type: str, metadata: str = ""
    ) -> Upload:
        """Raises FileTooLarge and QuotaExceeded."""
        if length > self.settings.max_bytes:
            raise FileTooLarge(f"A file must have at most {self.settings.max_bytes} bytes")
        at = now()
        upload = Upload(uuid4(), owner_id, length, 0, at + LIFETIME, metadata)
        name, media_type = clean_name(filename), clean_type(content_type)
        async with open_unit_of_work(self._database) as work:
            raw = await work.raw()
            context = Context(raw, self._container, at)
            if not await reserve(context, await lock_quotas(context, [owner_id]), owner_id, length):
                raise QuotaExceeded
            await crud.insert(raw, upload.id, owner_id, name, media_type, metadata, length, at, upload.expires_at)
            if length == 0:
                await self._pieces.complete(work, upload)
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

    async def receive_first(
        self, upload: Upload, sender: Sender, chunks: AsyncIterator[bytes], checksum: Checksum | None = None
    ) -> Upload:
        """Adds the bytes that come with the creation. If they cannot be added the upload ends: no client knows its id.

        Raises what `receive` raises.
        """
        try:
            return await self.receive(upload, 0, sender, chunks, checksum)
        except BaseException:
            await self.discard(upload.id, upload.owner_id)
            raise

    async def receive(
        self,
        upload: Upload,
        offset: int,
        sender: Sender,
        chunks: AsyncIterator[bytes],
        checksum: Checksum | None = None,
    ) -> Upload:
        """Adds bytes at an offset, and completes the upload with the last one. Returns it as it is afterwards.

        What has arrived before a client leaves, or another request gets its place, stays. With a checksum nothing is
        added before all of the bytes are there, and right. Raises OffsetMismatch, FileTooLarge, ChecksumMismatch,
        ClientDisconnect, RateLimited, Overloaded, InvalidToken.
        """
        if offset != upload.offset:
            raise mismatch(upload.offset)
        async with self._places.take(sender) as place:
            receiver = Receiver(self._pieces, upload, checksum)
            try:
                async for chunk in place.read(chunks):
                    await receiver.take(chunk)
                await receiver.end()
            except (ClientDisconnect, Overloaded):
                await (receiver.flush() if checksum is None else receiver.drop())
                raise
            except BaseException:
                await receiver.drop()
                raise
            return receiver.upload

    @staticmethod
    def check(upload: Upload, offset: int, size: int) -> None:
        """Refuses what cannot be added, before it is received. Raises OffsetMismatch, FileTooLarge."""
        if offset != upload.offset:
            raise mismatch(upload.offset)
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
