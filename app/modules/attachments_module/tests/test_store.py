"""The same contract on a folder and on S3."""

import os
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from itertools import pairwise
from os import urandom
from pathlib import Path

import pytest

from app.fastapi_engine.constructor import build_app
from app.modules.attachments_module.errors import StoreUnavailable
from app.modules.attachments_module.services.measuring import measure_disk
from app.modules.attachments_module.services.store import FileStore, folder_of
from app.modules.attachments_module.settings import AttachmentSettings
from app.modules.attachments_module.tests.pictures import picture
from app.modules.attachments_module.tests.s3 import s3_server
from app.modules.attachments_module.tests.uploading import add, begin, download, post, processed, ready
from app.settings import Settings
from tests.fakers import FakeClient, eventually, ok, problem
from tests.servers import served


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AttachmentSettings]:
    with s3_server(tmp_path_factory.mktemp("s3")) as settings:
        yield settings


@pytest.fixture(params=["folder", "S3"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AttachmentSettings:
    if request.param == "folder":
        return AttachmentSettings(store=f"file://{tmp_path_factory.mktemp('store')}")
    settings: AttachmentSettings = request.getfixturevalue("s3")
    return settings


async def read(store: FileStore, path: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in store.read(path, start, end)])


async def listed(store: FileStore, prefix: str) -> list[str]:
    return sorted([one.path async for one in store.list(prefix)])


def files_below(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


async def test_objects_are_written_read_listed_and_deleted(place: AttachmentSettings) -> None:
    store, data = FileStore(place), urandom(12_000_001)

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 100_000):
            yield data[start : start + 100_000]

    await store.put("uploads/a/0-x", b"hello")
    await store.put("uploads/a/0-x", b"other")
    await store.put_stream("uploads/b/big", chunks(), len(data))
    await store.put("uploads/b/empty", b"")
    assert await read(store, "uploads/a/0-x") == b"other"
    assert await read(store, "uploads/a/0-x", 1, 3) == b"th"
    assert await read(store, "uploads/b/big") == data
    assert await read(store, "uploads/b/big", 5_000_000, 5_000_010) == data[5_000_000:5_000_010]
    assert await read(store, "uploads/b/empty") == b""
    assert await listed(store, "uploads/a") == ["uploads/a/0-x"]
    await store.delete("uploads/a/0-x", "uploads/a/0-x", "nothing")
    await store.delete_below("uploads/b/")
    assert await listed(store, "uploads") == []
    with pytest.raises(FileNotFoundError):
        await read(store, "uploads/a/0-x")


async def test_an_object_that_is_deleted_while_it_is_read_is_read_to_its_end(place: AttachmentSettings) -> None:
    store, data = FileStore(place), urandom(3_000_000)
    await store.put("files/a", data)
    chunks = store.read("files/a")
    read = await anext(chunks)
    await store.delete("files/a")
    assert read + b"".join([chunk async for chunk in chunks]) == data


async def test_what_a_folder_has_taken_survives_a_power_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system has written the file and all folders on the way to it."""
    synced: list[int] = []

    def fsync(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(6):
            yield bytes(1_000_000)

    store = FileStore(AttachmentSettings(store=f"file://{tmp_path}/files"))
    monkeypatch.setattr(os, "fsync", fsync)
    await store.put("uploads/a/0-x", b"hello")
    await store.put_stream("files/big", chunks(), 6_000_000)
    places = ["files/uploads/a/0-x", "files/uploads/a", "files/uploads", "files", "files/files/big", "files/files"]
    assert {(tmp_path / place).stat().st_ino for place in places} <= set(synced)
    synced.clear()
    await store.put("uploads/a/5-y", b"there")
    assert list(dict.fromkeys(synced)) == [(tmp_path / "files/uploads/a" / name).stat().st_ino for name in ("5-y", "")]
    await store.delete("uploads/a/0-x", "uploads/a/5-y")
    synced.clear()
    await store.put("uploads/a/0-x", b"again")
    assert {(tmp_path / place).stat().st_ino for place in places[:4]} <= set(synced)


async def test_an_object_is_replaced_only_by_one_that_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a power failure the old object is there, or the new one."""
    folder, store = tmp_path / "files", FileStore(AttachmentSettings(store=f"file://{tmp_path}"))
    await store.put("files/a", b"old")
    sizes: list[int] = []

    def fsync(descriptor: int) -> None:
        if (folder / "a").read_bytes() == b"old":
            sizes.append(os.fstat(descriptor).st_size)

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(6):
            yield bytes(1_000_000)

    monkeypatch.setattr(os, "fsync", fsync)
    await store.put_stream("files/a", chunks(), 6_000_000)
    assert sizes[-1] == 6_000_000


async def test_a_folder_writes_a_large_object_little_by_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One write of all of it would delay those of the database on the same disk."""
    sizes: list[int] = []

    def fsync(descriptor: int) -> None:
        sizes.append(os.fstat(descriptor).st_size)

    monkeypatch.setattr(os, "fsync", fsync)
    await FileStore(AttachmentSettings(store=f"file://{tmp_path}")).put("a", bytes(4_000_000))
    assert max(after - before for before, after in pairwise([0, *sizes])) <= 1024 * 1024
    assert max(sizes) == 4_000_000


async def test_an_upload_that_is_deleted_while_it_is_written_leaves_nothing(tmp_path: Path) -> None:
    store = FileStore(AttachmentSettings(store=f"file://{tmp_path}"))

    async def chunks() -> AsyncIterator[bytes]:
        yield bytes(1_000_000)
        await store.delete_below("uploads/a/")
        yield bytes(1_000_000)

    with pytest.raises(StoreUnavailable):
        await store.put_stream("uploads/a/0-x", chunks(), 2_000_000)
    assert files_below(tmp_path) == []


async def test_a_stream_that_breaks_leaves_no_object(place: AttachmentSettings) -> None:
    store = FileStore(place)

    async def broken() -> AsyncIterator[bytes]:
        yield bytes(6_000_000)
        raise ConnectionError("the other side has gone")

    with pytest.raises((ConnectionError, StoreUnavailable)):
        await store.put_stream("broken/x", broken(), 12_000_000)
    assert await listed(store, "broken") == []
    if (folder := folder_of(place)) is not None:
        assert files_below(folder / "broken") == []


async def test_files_are_kept_wherever_the_settings_say(settings: Settings, place: AttachmentSettings) -> None:
    app = build_app(replace(settings, own={AttachmentSettings: place}))
    async with served(app) as http:
        anna, store = await FakeClient.sign_up(http, "anna"), FileStore(place)
        data = urandom(9_000_000)
        path = await begin(anna, len(data), filename="данные")
        assert (await add(anna, path, 0, data[:5_000_000])).status_code == 204
        assert (await add(anna, path, 5_000_000, data[5_000_000:])).status_code == 204
        found = await processed(anna, path[1:])
        assert (await download(anna, found["url"], Range="bytes=4999990-5000009")).content == data[4999990:5000010]
        image = await ready(anna, picture("PNG"), "кот.png")
        assert (await download(anna, image["previews"][0]["url"])).status_code == 200
        for one in (found, image):
            ok(await anna.delete(f"/attachments/{one['id']}"))

        async def are_gone() -> bool:
            names = (found["sha256"], image["sha256"], found["id"], image["id"])
            paths = [path for prefix in ("files", "previews", "uploads") for path in await listed(store, prefix)]
            return not any(path.split("/")[1] in names for path in paths)

        await eventually(are_gone)


async def test_a_store_that_is_down_fails_uploads_and_downloads_and_nothing_else(
    settings: Settings, s3: AttachmentSettings
) -> None:
    down = s3.model_copy(update={"s3_endpoint": "http://127.0.0.1:9"})
    async with served(build_app(replace(settings, own={AttachmentSettings: down}))) as http:
        anna = await FakeClient.sign_up(http, "anna")
        chat = await anna.open_chat()
        path = await begin(anna, 10)
        refused = await add(anna, path, 0, b"1234567890")
        problem(refused, 503, "unavailable")
        assert refused.headers["retry-after"]
        problem(await post(anna, b"x"), 503, "unavailable")
        await anna.send(chat, "Привет")
    async with served(build_app(replace(settings, own={AttachmentSettings: s3}))) as http:
        anna.http = http
        assert (await add(anna, path, 0, b"1234567890")).status_code == 204
        assert (await processed(anna, path[1:]))["state"] == "ready"


async def test_the_disk_of_a_folder_is_measured_and_that_of_s3_is_not(place: AttachmentSettings) -> None:
    measured = await measure_disk(place)
    if place.store.startswith("s3"):
        assert measured is None
    else:
        assert measured is not None
        free, total = measured
        assert 0 < free < total
        assert await measure_disk(AttachmentSettings(store=f"{place.store}/not-mounted")) is None


async def test_the_disk_of_the_files_is_a_metric(settings: Settings, tmp_path: Path) -> None:
    place = AttachmentSettings(store=f"file://{tmp_path}")
    async with served(build_app(replace(settings, own={AttachmentSettings: place}))) as http:

        async def is_measured() -> bool:
            text = (await http.get("/metrics")).text
            total = re.search(r'^messenger_attachment_store_bytes\{state="total"\} (\S+)$', text, re.MULTILINE)
            return total is not None and float(total[1]) == shutil.disk_usage(tmp_path).total

        await eventually(is_measured)
