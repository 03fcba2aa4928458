"""Images: turned, without metadata, with previews; hostile files are refused, and the server lives."""

import os
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from app.modules.attachments_module.services.images import convert
from app.modules.attachments_module.services.store import FileStore
from app.modules.attachments_module.tests.pictures import (
    GPS,
    animation,
    declared_png,
    movement,
    moving,
    opened,
    picture,
    with_exif,
)
from app.modules.attachments_module.tests.uploading import download, processed, ready, upload
from app.utils.container import Container
from tests.fakers import FakeClient, eventually, ok


async def served(person: FakeClient, attachment: dict[str, Any]) -> dict[str, httpx.Response]:
    """All that is served of a file."""
    addresses = {"original": attachment["url"], **{one["name"]: one["url"] for one in attachment["previews"]}}
    return {name: await download(person, url) for name, url in addresses.items()}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
async def test_an_image_is_shown_with_previews(anna: FakeClient, kind: str) -> None:
    found = await ready(anna, picture(kind, (2000, 1000)), "ф.png")
    content_type = f"image/{kind.lower()}"
    assert (found["content_type"], found["width"], found["height"]) == (content_type, 2000, 1000)
    sizes = [(one["name"], one["width"], one["height"]) for one in found["previews"]]
    assert sizes == [("small", 320, 160), ("large", 1280, 640)]
    assert len(found["blurhash"]) == 28
    answers = await served(anna, found)
    assert answers["original"].headers["content-type"] == content_type
    assert answers["original"].headers["content-disposition"].startswith("inline")
    assert len(answers["original"].content) == found["size"]
    for name, size in (("original", (2000, 1000)), ("small", (320, 160)), ("large", (1280, 640))):
        image = opened(answers[name].content)
        assert image.size == size
        left, right = image.convert("RGB").getpixel((5, 5)), image.convert("RGB").getpixel((size[0] - 5, 5))
        assert isinstance(left, tuple)
        assert isinstance(right, tuple)
        assert left[0] > 200 > 60 > left[2]
        assert right[2] > 200 > 60 > right[0]


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_an_image_is_turned_and_says_nothing_of_its_place(
    anna: FakeClient, orientation: int, container: Container
) -> None:
    data = with_exif("JPEG", orientation)
    assert GPS in data
    found = await ready(anna, data, "photo.jpg")
    is_turned = orientation > 4
    assert (found["width"], found["height"]) == ((20, 40) if is_turned else (40, 20))
    for answer in (await served(anna, found)).values():
        assert GPS not in answer.content
        assert not opened(answer.content).getexif()
    image = opened((await served(anna, found))["original"].content).convert("RGB")
    corner = image.getpixel((2, 2))
    assert isinstance(corner, tuple)
    # Red is at the left edge of what was stored.
    assert (corner[0] > 200) is (orientation in (1, 4, 5, 6))

    async def is_deleted() -> bool:
        return not [one.path async for one in container.get(FileStore).list(f"uploads/{found['id']}")]

    await eventually(is_deleted)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
async def test_other_formats_lose_their_metadata_too(anna: FakeClient, kind: str) -> None:
    data = with_exif(kind, 6)
    assert GPS in data
    found = await ready(anna, data)
    assert (found["width"], found["height"]) == (20, 40)
    for answer in (await served(anna, found)).values():
        assert GPS not in answer.content


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
async def test_an_animation_goes_on_moving(anna: FakeClient, kind: str) -> None:
    found = await ready(anna, animation(kind))
    data = (await served(anna, found))["original"].content
    image = opened(data)
    assert (getattr(image, "n_frames", 1), image.size) == (3, (40, 20))
    assert GPS not in data


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
async def test_an_animation_moves_as_it_did(anna: FakeClient, kind: str) -> None:
    data = moving(kind)
    loop, frames = movement(data)
    assert (loop, [duration for duration, _ in frames]) == (1, [100, 500, 2000])
    assert len({shown for _, shown in frames}) == 3
    assert movement((await served(anna, await ready(anna, data)))["original"].content) == (loop, frames)


async def test_a_transparent_image_stays_transparent(anna: FakeClient) -> None:
    buffer = BytesIO()
    image = opened(picture("PNG")).convert("RGBA")
    image.putalpha(0)
    image.save(buffer, "PNG")
    for answer in (await served(anna, await ready(anna, buffer.getvalue()))).values():
        assert opened(answer.content).convert("RGBA").getpixel((1, 1))[3] == 0  # type: ignore[index]


async def test_previews_of_a_picture_with_16_bits_of_grey_are_as_bright(anna: FakeClient) -> None:
    buffer = BytesIO()
    Image.new("I;16", (40, 20), 100 * 256).save(buffer, "PNG")
    answers = await served(anna, await ready(anna, buffer.getvalue()))
    assert opened(answers["original"].content).getpixel((5, 5)) == 100 * 256
    for name in ("small", "large"):
        assert opened(answers[name].content).convert("L").getpixel((5, 5)) == pytest.approx(100, abs=2)


def _zip_bomb() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(10_000_000))
    return buffer.getvalue()


_HTML = b"<html><script>alert(document.cookie)</script></html>"
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
REFUSED = {
    "truncated JPEG": picture("JPEG", (400, 400))[:600],
    "truncated PNG": picture("PNG", (400, 400))[:100],
    "truncated GIF": animation("GIF")[:40],
    "truncated WebP": picture("WEBP", (400, 400))[:60],
    "only the first bytes of a JPEG": b"\xff\xd8\xff\xe0",
    "only the first bytes of a PNG": b"\x89PNG\r\n\x1a\n",
    "only the first bytes of a GIF": b"GIF89a",
    "only the first bytes of a WebP": b"RIFF\x00\x00\x00\x00WEBP",
    "400 million pixels declared": declared_png(20_000, 20_000),
    "4 billion pixels declared": declared_png(2**31 - 1, 2),
    "no pixels declared": declared_png(0, 0),
    "wrong checksum": declared_png(10, 10).replace(b"IDAT", b"IDAX"),
    "a GIF of too many frames": animation("GIF", 3, (4000, 4000)),
    "HTML behind the first bytes of an image": b"GIF89a" + _HTML,
    "JPEG with a page in it and no image": b"\xff\xd8\xff\xfe" + _HTML,
}
FILES = {
    "SVG with a script": _SVG,
    "SVG with a declaration": b'<?xml version="1.0"?>' + _SVG,
    "HTML named as an image": _HTML,
    "a zip bomb": _zip_bomb(),
    "XML with entities": b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>',
    "a program": b"\x7fELF\x02\x01\x01" + bytes(100),
    "a script": b"#!/bin/sh\nrm -rf /\n",
    "a page in UTF-16": "<html><script>alert(1)</script></html>".encode("utf-16"),
    "a PDF with a page": b"%PDF-1.7\n" + _HTML,
    "a BMP": picture("BMP"),
    "a TIFF": picture("TIFF"),
    "MHTML": b"MIME-Version: 1.0\nContent-Type: multipart/related\n\n" + _HTML,
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_no_proper_image_is_refused(anna: FakeClient, name: str) -> None:
    found = await processed(anna, (await upload(anna, REFUSED[name], "картинка.png"))["id"])
    assert (found["state"], found["url"], found["size"], found["previews"]) == ("refused", None, None, [])
    assert found["reason"] in ("broken_image", "too_many_pixels")
    (event,) = [event for event in await anna.own_events() if event["kind"] == "attachment.refused"]
    assert (event["data"]["id"], event["data"]["reason"]) == (found["id"], found["reason"])


@pytest.mark.parametrize("name", FILES)
async def test_what_browsers_could_run_is_downloaded(anna: FakeClient, name: str) -> None:
    found = await processed(anna, (await upload(anna, FILES[name], "картинка.png"))["id"])
    assert (found["state"], found["previews"], found["width"]) == ("ready", [], None)
    answer = await download(anna, found["url"])
    assert answer.content == FILES[name]
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


async def test_a_script_behind_an_image_is_left_behind(anna: FakeClient) -> None:
    for data in (picture("JPEG") + _HTML, picture("PNG") + _HTML, picture("GIF", comment=_HTML)):
        found = await ready(anna, data, "кот.html")
        for answer in (await served(anna, found)).values():
            assert b"<script" not in answer.content
            assert answer.headers["content-type"].startswith("image/")


async def test_a_long_thin_image_is_an_image(anna: FakeClient) -> None:
    found = await ready(anna, picture("PNG", (1, 30_000)))
    assert [(one["width"], one["height"]) for one in found["previews"]] == [(1, 320), (1, 1280)]


async def test_a_message_with_a_refused_file_says_so_and_none_can_be_sent(anna: FakeClient, club: str) -> None:
    sent = await upload(anna, b"\x89PNG\r\n\x1a\n")
    ok(await anna.post(f"/chats/{club}/messages", {"attachments": [sent["id"]]}))

    async def is_refused() -> bool:
        (value,) = ok(await anna.get(f"/chats/{club}/messages/1"))["attachments"]
        return bool(value["state"] == "refused")

    await eventually(is_refused)
    other = await processed(anna, (await upload(anna, b"GIF89a"))["id"])
    answer = await anna.post(f"/chats/{club}/messages", {"attachments": [other["id"]]})
    assert answer.status_code == 422


async def test_a_folder_that_a_killed_process_left_behind_is_deleted(
    anna: FakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    abandoned, in_use, other = (tmp_path / name for name in ("messenger-image-1", "messenger-image-2", "other"))
    for folder in (abandoned, in_use, other):
        folder.mkdir()
        (folder / "source").write_bytes(b"secret")
    for folder in (abandoned, other):
        os.utime(folder, (0, 0))
    await ready(anna, picture("PNG", (40, 20)), "photo.png")
    assert not abandoned.exists()
    assert in_use.exists()
    assert other.exists()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("full", ["original", "small"])
async def test_an_image_is_not_refused_because_the_disk_is_full(tmp_path: Path, kind: str, full: str) -> None:
    (tmp_path / "source").write_bytes(picture(kind, (400, 200)))
    (tmp_path / full).symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        await convert(tmp_path)
