"""One content of several files: who deletes his own takes it from no other."""

import asyncio
from os import urandom
from typing import Any

from app.modules.attachments_module.services.store import FileStore
from app.modules.attachments_module.tests.uploading import collect, download, processed, ready, upload
from app.utils.container import Container
from tests.fakers import FakeClient, eventually, ok

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


async def delete(owner: FakeClient, file: dict[str, Any] | None) -> None:
    if file is not None:
        ok(await owner.delete(f"/attachments/{file['id']}"))
