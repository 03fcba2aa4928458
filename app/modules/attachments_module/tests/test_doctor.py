"""`manage.py doctor` knows the store of files."""

from collections.abc import AsyncIterator
from dataclasses import replace
from os import urandom, utime
from pathlib import Path

import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.modules.attachments_module.services import inspecting
from app.modules.attachments_module.services.inspecting import INSPECTIONS
from app.modules.attachments_module.services.store import FileStore, Object
from app.modules.attachments_module.settings import AttachmentSettings
from app.modules.attachments_module.tests.s3 import s3_server
from app.modules.attachments_module.tests.uploading import collect, ready
from app.settings import Settings
from app.utils.container import Container
from tests.fakers import FakeClient, eventually, ok
from tests.manage import manage


async def test_missing_files_and_old_objects_without_a_file_are_found(
    anna: FakeClient, container: Container, database_address: DatabaseAddress, tmp_path: Path
) -> None:
    one = await ready(anna, b"here")
    place = AttachmentSettings(store=f"file://{tmp_path}/copy")
    copy, path = FileStore(place), f"files/{one['sha256']}"

    async def doctor() -> str:
        return (await manage(database_address, "doctor", "--least-free-mb=0", ATTACHMENT_STORE=place.store)).output

    assert f"✗ the bytes of every file are in the store\n    file {one['id']}" in await doctor()
    await copy.put_stream(path, container.get(FileStore).read(path), 4)
    assert "no problems found" in await doctor()
    await copy.put("files/unknown", b"x")
    assert "no problems found" in await doctor()
    utime(tmp_path / "copy" / "files" / "unknown", (0, 0))
    assert "✗ the store has no old objects that belong to no file\n    files/unknown" in await doctor()


async def test_files_that_come_and_go_while_the_store_is_listed_are_not_missing(
    anna: FakeClient,
    container: Container,
    settings: Settings,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept, gone = [await ready(anna, data) for data in (b"kept", b"gone")]

    class BusyStore(FileStore):
        async def list(self, prefix: str) -> AsyncIterator[Object]:
            async def is_deleted() -> bool:
                return f"files/{gone['sha256']}" not in [one.path async for one in FileStore.list(self, prefix)]

            ok(await anna.delete(f"/attachments/{gone['id']}"))
            await eventually(is_deleted)
            async for one in super().list(prefix):
                yield one
            await ready(anna, b"new")

    monkeypatch.setattr(inspecting, "FileStore", BusyStore)
    assert await INSPECTIONS[0].find(settings, connection) == []
    await container.get(FileStore).delete(f"files/{kept['sha256']}")
    monkeypatch.undo()
    assert await INSPECTIONS[0].find(settings, connection) == [f"file {kept['id']}: {kept['sha256']}"]


async def test_a_store_that_cannot_be_written_is_found(database_address: DatabaseAddress, tmp_path: Path) -> None:
    async def doctor(folder: str) -> str:
        place = f"file://{tmp_path}/{folder}"
        return (await manage(database_address, "doctor", "--least-free-mb=0", ATTACHMENT_STORE=place)).output

    (tmp_path / "file").touch()
    assert f"✗ files can be written into the store\n    {tmp_path}/file/store: Not a dir" in await doctor("file/store")
    assert "no problems found" in await doctor("store")
    assert not (tmp_path / "store").exists()
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "uploads").touch()
    assert f"✗ files can be written into the store\n    {tmp_path}/store/uploads" in await doctor("store")


async def test_a_bucket_that_cannot_be_written_is_found(settings: Settings, tmp_path: Path) -> None:
    write = INSPECTIONS[-1].find
    with s3_server(tmp_path) as place:
        mine = replace(settings, own={**settings.own, AttachmentSettings: place})
        assert await write(mine, None) == []
        assert [one async for one in FileStore(place).list("")] == []
        wrong = place.model_copy(update={"s3_access_key_id": "wrong"})
        assert await write(replace(settings, own={**settings.own, AttachmentSettings: wrong}), None) != []


async def test_the_space_of_an_account_is_counted_again(
    anna: FakeClient, connection: Connection, database_address: DatabaseAddress, container: Container
) -> None:
    await ready(anna, b"here")
    store = container.get(AttachmentSettings).store
    await connection.execute("UPDATE attachment_usage SET bytes = 100")
    fixed = await manage(database_address, "doctor", "--least-free-mb=0", "--fix", "--yes", ATTACHMENT_STORE=store)
    assert f"{anna.id}: 100 bytes are counted, the files have 4" in fixed.output
    assert await connection.fetchval("SELECT bytes FROM attachment_usage") == 4


async def test_nothing_is_deleted_in_a_store_of_another_database_until_it_is_given_to_this_one(
    anna: FakeClient, connection: Connection, database_address: DatabaseAddress, container: Container
) -> None:
    """A database of a typing error, or a restored copy, would not know the files of the real one."""
    store, place = container.get(FileStore), container.get(AttachmentSettings).store
    path = f"files/{(file := await ready(anna, urandom(50)))['sha256']}"

    async def is_collected() -> bool:
        return not await connection.fetchval("SELECT count(*) FROM job WHERE name = 'attachments.collect'")

    async def is_deleted() -> bool:
        return path not in [one.path async for one in store.list("files")]

    await store.put("owner", b"of another server")
    store.is_ours = False
    ok(await anna.delete(f"/attachments/{file['id']}"))
    await eventually(is_collected)
    assert not await is_deleted()
    doctor = await manage(database_address, "doctor", "--least-free-mb=0", ATTACHMENT_STORE=place)
    assert "it belongs to database of another server" in doctor.output
    adopted = await manage(database_address, "attachments", "adopt", "--yes", ATTACHMENT_STORE=place)
    assert adopted.exit_code == 0, adopted.output
    await collect(container)
    await eventually(is_deleted)
