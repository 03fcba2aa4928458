"""Files that are no longer needed are deleted, and no others."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from os import urandom
from pathlib import Path
from uuid import UUID, uuid4

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.attachments_module.db.cruds import contents as crud
from app.modules.attachments_module.services.collecting import list_orphans
from app.modules.attachments_module.services.store import FileStore
from app.modules.attachments_module.settings import AttachmentSettings
from app.modules.attachments_module.tests.uploading import add, begin, collect, download, ready, tus
from app.utils.container import Container
from tests.fakers import FakeClient, eventually, ok, problem


async def test_an_upload_expires(anna: FakeClient, connection: Connection, container: Container) -> None:
    path = await begin(anna, 10)
    await add(anna, path, 0, b"12345")
    await connection.execute("UPDATE attachment SET expires_at = now() WHERE id = $1", UUID(path[1:]))
    problem(await add(anna, path, 5, b"67890"), 410, "upload_expired")
    assert (await tus(anna, "HEAD", path)).status_code == 410
    await collect(container)

    async def is_deleted() -> bool:
        return not await connection.fetchval("SELECT coalesce(sum(bytes), 0) FROM attachment_usage")

    await eventually(is_deleted)
    assert [one.path async for one in container.get(FileStore).list(f"uploads{path}")] == []
    problem(await add(anna, path, 5, b"67890"), 410, "upload_expired")


async def test_unused_files_are_deleted_but_not_content_that_another_file_has(
    anna: FakeClient, boris: FakeClient, connection: Connection, container: Container
) -> None:
    data = urandom(1000)
    first, second = await ready(anna, data), await ready(boris, data)
    store = container.get(FileStore)
    assert [one.path async for one in store.list("files")].count(f"files/{first['sha256']}") == 1
    ok(await anna.delete(f"/attachments/{first['id']}"))

    async def is_deleted() -> bool:
        return bool(await connection.fetchval("SELECT count(*) FROM attachment") == 1)

    await eventually(is_deleted)
    problem(await anna.get(f"/attachments/{first['id']}"), 404, "not_found")
    assert (await download(anna, first["url"])).status_code == 404
    assert (await download(boris, second["url"])).content == data
    await connection.execute("UPDATE attachment SET expires_at = now()")
    await collect(container)

    async def is_gone() -> bool:
        return f"files/{first['sha256']}" not in [one.path async for one in store.list("files")]

    await eventually(is_gone)


async def test_objects_that_no_file_has_go_after_a_day(anna: FakeClient, container: Container, tmp_path: Path) -> None:
    store = FileStore(AttachmentSettings(store=f"file://{tmp_path}"))
    one = await ready(anna, b"kept")
    unknown = ["uploads/x/0-a", f"uploads/{uuid4()}/0-a", "files/0123", "previews/0123/small"]
    for path in (*unknown, f"files/{one['sha256']}"):
        await store.put(path, b"x")
    (tmp_path / "files" / "0123#1").write_bytes(b"half")
    known = partial(list_known_by, container)
    for hours, expected in ((-1, []), (1, sorted(unknown))):
        before = datetime.now(UTC) + timedelta(hours=hours)
        assert sorted([path async for paths in list_orphans(store, known, before) for path in paths]) == expected
    await store.delete_unfinished(datetime.now(UTC) + timedelta(hours=1))
    assert not (tmp_path / "files" / "0123#1").exists()


async def list_known_by(container: Container, uploads: Sequence[UUID], contents: Sequence[str]) -> set[str]:
    async with container.get(Database).connection() as connection:
        return await crud.list_known(connection, uploads, contents)
