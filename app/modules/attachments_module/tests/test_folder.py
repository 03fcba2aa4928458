"""A folder as the store of files, which several processes use."""

import os
from pathlib import Path

import pytest

from app.modules.attachments_module.services.store import FileStore
from app.modules.attachments_module.settings import AttachmentSettings


async def test_folders_that_another_process_has_deleted_are_written_to_the_disk_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library deletes a folder with its last object."""
    synced: set[int] = set()

    def fsync(descriptor: int) -> None:
        synced.add(os.fstat(descriptor).st_ino)

    settings = AttachmentSettings(store=f"file://{tmp_path}")
    store, of_another_process = FileStore(settings), FileStore(settings)
    await store.put("uploads/a/0-x", b"here")
    await of_another_process.delete("uploads/a/0-x")
    monkeypatch.setattr(os, "fsync", fsync)
    await store.put("uploads/b/0-x", b"there")
    assert {(tmp_path / place).stat().st_ino for place in ("uploads/b/0-x", "uploads/b", "uploads", "")} <= synced
