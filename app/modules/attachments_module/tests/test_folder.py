"""A folder as the store of files, which several processes use."""

import os
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from stat import S_IMODE
from typing import Any

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


async def test_unfinished_files_are_deleted_while_uploads_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, scandir = FileStore(AttachmentSettings(store=f"file://{tmp_path}")), os.scandir
    for name in "abc":
        await store.put(f"uploads/{name}/0-x", b"here")
        (tmp_path / f"uploads/{name}/4-y#123").touch()

    def scan(path: Any) -> Any:
        # The upload ends when its folder is known and not read yet.
        if str(path).endswith("/b"):
            shutil.rmtree(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", scan)
    await store.delete_unfinished(datetime.now(UTC) + timedelta(hours=1))
    monkeypatch.undo()
    left = {Path(folder).name: names for folder, _, names in os.walk(tmp_path) if names}
    assert left == {"a": ["0-x"], "c": ["0-x"]}


async def test_only_the_user_who_runs_the_server_can_read_a_new_folder_and_its_files(tmp_path: Path) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"there"

    store = FileStore(AttachmentSettings(store=f"file://{tmp_path}/files"))
    usual = os.umask(0o022)
    try:
        await store.put("uploads/a/0-x", b"here")
        await store.put_stream("files/b", chunks(), 5)
    finally:
        os.umask(usual)
    modes = {S_IMODE(place.stat().st_mode) for place in (tmp_path / "files", *(tmp_path / "files").rglob("*"))}
    assert modes == {0o700, 0o600}
