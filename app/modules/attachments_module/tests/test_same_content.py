"""One content of several files: who deletes his own takes it from no other."""

import asyncio
from io import BytesIO
from os import urandom
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.modules.attachments_module.services import image_process, images
from app.modules.attachments_module.services.store import FileStore
from app.modules.attachments_module.tests.pictures import opened
from app.modules.attachments_module.tests.uploading import collect, download, processed, ready, upload
from app.utils.container import Container
from tests.fakers import FakeClient, eventually, ok

PROGRAM = Path(image_process.__file__).read_text()
ROUNDS = 15


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
    store, path = container.get(FileStore), f"files/{files[0]['sha256'] if files[0] else ''}"

    async def is_gone() -> bool:
        await collect(container)
        return path not in [one.path async for one in store.list("files")]

    await eventually(is_gone)


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


async def delete(owner: FakeClient, file: dict[str, Any] | None) -> None:
    if file is not None:
        ok(await owner.delete(f"/attachments/{file['id']}"))
