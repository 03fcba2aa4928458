"""One content of several files: who deletes his own takes it from no other."""

import asyncio
from datetime import timedelta
from functools import partial
from hashlib import sha256
from io import BytesIO
from os import urandom, utime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.attachments_module.services import collecting, image_process, images
from app.modules.attachments_module.services.collecting import COLLECT, SWEEP
from app.modules.attachments_module.services.processing import PROCESS
from app.modules.attachments_module.services.store import FileStore, content_path, folder_of
from app.modules.attachments_module.settings import AttachmentSettings
from app.modules.attachments_module.tests.pictures import opened
from app.modules.attachments_module.tests.uploading import collect, download, processed, ready, upload
from app.modules.jobs_module.extension import Jobs, Nothing
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, eventually, ok

PROGRAM = Path(image_process.__file__).read_text()
ROUNDS = 15


class HeldStore(FileStore):
    """Each deletion of a content waits until the test releases it."""

    def __init__(self, settings: AttachmentSettings) -> None:
        super().__init__(settings)
        self.begun = 0
        self.held: list[asyncio.Event] = []
        self._is_released = False

    async def delete(self, *paths: str) -> None:
        for path in paths:
            if path.startswith("files/") and not self._is_released:
                await self._hold(asyncio.Event())
            await super().delete(path)

    async def _hold(self, released: asyncio.Event) -> None:
        self.begun += 1
        self.held.append(released)
        try:
            await released.wait()
        finally:
            self.held.remove(released)

    async def holds_one(self) -> bool:
        return len(self.held) == 1

    async def release(self, container: Container) -> None:
        """Lets all deletions go on, and waits until they have ended."""
        self._is_released = True
        for one in self.held:
            one.set()

        async def have_ended() -> bool:
            return not await rows(container, "SELECT FROM job WHERE name = ANY($1)", [COLLECT.name, SWEEP.name])

        await eventually(have_ended)


@pytest.fixture
def store(container: Container) -> HeldStore:
    held = HeldStore(container.get(AttachmentSettings))
    container.replace(FileStore, held)
    return held


async def test_a_deletion_that_meets_a_new_upload_of_the_same_content_takes_it_from_no_user(
    anna: FakeClient, boris: FakeClient, container: Container
) -> None:
    """The collector runs all the time, so that it comes at each moment of the upload."""
    is_over = False

    async def keep_collecting() -> None:
        while not is_over:
            await collect(container)
            await asyncio.sleep(0.01)

    async def replace(owner: FakeClient, before: dict[str, Any] | None) -> dict[str, Any]:
        new, _ = await asyncio.gather(upload(owner, data), delete(owner, before))
        return await processed(owner, new["id"])

    data = urandom(1000)
    collecting = asyncio.create_task(keep_collecting())
    files: list[dict[str, Any] | None] = [None, await ready(boris, data)]
    for _ in range(ROUNDS):
        files = list(await asyncio.gather(*map(replace, (anna, boris), files)))
        for owner, file in zip((anna, boris), files, strict=True):
            assert file is not None
            assert (await download(owner, file["url"])).content == data
    is_over = True
    await collecting
    await asyncio.gather(*map(delete, (anna, boris), files))
    assert files[0] is not None
    await eventually(partial(is_gone, container, files[0]["sha256"]))


async def test_previews_of_another_quality_do_not_replace_those_that_an_older_file_shows(
    anna: FakeClient, boris: FakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    buffer = BytesIO()
    Image.effect_noise((400, 300), 90).save(buffer, "PNG")
    before = await ready(anna, buffer.getvalue())
    program = tmp_path / "image_process.py"
    program.write_text(PROGRAM.replace('"WEBP", quality=80', '"WEBP", quality=10'))
    monkeypatch.setattr(images, "_PROGRAM", program)
    files = [(boris, await ready(boris, buffer.getvalue())), (anna, before)]
    assert files[0][1]["sha256"] == before["sha256"]
    for owner, file in files:
        for shown in file["previews"]:
            answer = await download(owner, shown["url"])
            assert len(answer.content) == int(answer.headers["content-length"])
            assert opened(answer.content).size == (shown["width"], shown["height"])


async def test_what_is_uploaded_after_one_of_two_collectors_has_deleted_it_is_not_deleted_by_the_other(
    anna: FakeClient, container: Container, store: HeldStore
) -> None:
    data = urandom(1000)
    await delete(anna, await ready(anna, data))
    await eventually(store.holds_one)
    await collect(container)

    async def is_done() -> bool:
        """The other collector has ended, or deletes the same content."""
        jobs = await rows(container, "SELECT FROM job WHERE name = $1", COLLECT.name)
        return len(jobs) == 1 or len(store.held) > 1

    await eventually(is_done)
    store.held[0].set()
    file = await ready(anna, data)
    await store.release(container)
    assert (await download(anna, file["url"])).content == data


async def test_a_deletion_that_takes_too_long_is_given_up_before_another_one_begins(
    anna: FakeClient, container: Container, store: HeldStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "_DELETED_WITHIN", timedelta(seconds=0.1))
    monkeypatch.setattr(collecting, "_KEPT_FOR", timedelta(seconds=0.2))
    file = await ready(anna, urandom(1000))
    await delete(anna, file)

    async def is_repeated() -> bool:
        await collect(container)
        return store.begun > 1

    await eventually(is_repeated)
    assert len(store.held) < 2
    monkeypatch.undo()
    await store.release(container)
    await eventually(partial(is_gone, container, file["sha256"]))


async def test_what_is_uploaded_while_the_sweep_deletes_an_old_object_of_the_same_content_is_not_deleted(
    anna: FakeClient, container: Container, store: HeldStore
) -> None:
    data = urandom(1000)
    path = content_path(sha256(data).hexdigest())
    await store.put(path, data)
    utime(f"{folder_of(container.get(AttachmentSettings))}/{path}", (0, 0))
    async with open_unit_of_work(container.get(Database)) as work:
        await container.get(Jobs).enqueue(work, SWEEP, Nothing())
    await eventually(store.holds_one)
    file = await upload(anna, data)

    async def is_ready_or_waits() -> bool:
        is_ready = "SELECT FROM attachment WHERE state = 'ready'"
        waits = "SELECT FROM job WHERE name = $1 AND run_at > statement_timestamp()"
        return bool(await rows(container, f"{is_ready} UNION ALL {waits}", PROCESS.name))

    await eventually(is_ready_or_waits)
    await store.release(container)
    assert (await download(anna, (await processed(anna, file["id"]))["url"])).content == data


async def is_gone(container: Container, content: str) -> bool:
    await collect(container)
    return content_path(content) not in [one.path async for one in container.get(FileStore).list("files")]


async def delete(owner: FakeClient, file: dict[str, Any] | None) -> None:
    if file is not None:
        ok(await owner.delete(f"/attachments/{file['id']}"))
