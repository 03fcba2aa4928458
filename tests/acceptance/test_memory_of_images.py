"""The process that decodes images stays below 300 MB, whatever it is given: 40 million pixels, and what claims more."""

import json
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.modules.attachments_module.services import image_process
from app.modules.attachments_module.tests.pictures import declared_png

LIMIT_KIB = 300_000_000 // 1024
# A process of its own: a child's peak begins with the memory of its parent.
MEASURED = """
import resource, subprocess, sys
print(subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, check=True).stdout.decode())
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
BIG = (8_000, 5_000)


def save(folder: Path, kind: str, mode: str = "RGB", size: tuple[int, int] = BIG, **options: Any) -> None:
    """Saves an image, with an orientation on its side unless its format has none."""
    image = Image.new(mode, size)
    image.paste(1 if mode == "P" else "white", (0, 0, size[0] // 2, size[1] // 2))
    if kind not in ("GIF",):
        exif = Image.Exif()
        exif[0x0112] = 6
        options["exif"] = exif
    image.save(folder / "source", kind, **options)


def save_frames(folder: Path, kind: str, frames: int, size: tuple[int, int], mode: str = "RGB") -> None:
    images = [Image.new(mode, size, (number * 40 % 256, number % 256, 90)) for number in range(frames)]
    for image in images if mode == "RGBA" else ():
        image.paste((0, 0, 0, 0), (0, 0, size[0] // 2, size[1]))
    images[0].save(folder / "source", kind, save_all=True, append_images=images[1:], duration=50)


IMAGES: dict[str, Callable[[Path], None]] = {
    "JPEG": lambda folder: save(folder, "JPEG"),
    "progressive JPEG": lambda folder: save(folder, "JPEG", progressive=True),
    "JPEG in CMYK": lambda folder: save(folder, "JPEG", "CMYK"),
    "JPEG in grey": lambda folder: save(folder, "JPEG", "L"),
    "PNG": lambda folder: save(folder, "PNG", compress_level=1),
    "PNG with transparency": lambda folder: save(folder, "PNG", "RGBA", compress_level=1),
    "PNG in grey with transparency": lambda folder: save(folder, "PNG", "LA", compress_level=1),
    "PNG with a palette": lambda folder: save(folder, "PNG", "P", compress_level=1),
    "PNG with 16 bits": lambda folder: save(folder, "PNG", "I;16", compress_level=1),
    "WebP": lambda folder: save(folder, "WEBP", size=(4_080, 3_060), lossless=True, method=0),
    "GIF": lambda folder: save(folder, "GIF"),
    "GIF of many frames": lambda folder: save_frames(folder, "GIF", 400, (400, 250)),
    "GIF of many transparent frames": lambda folder: save_frames(folder, "GIF", 400, (400, 250), "RGBA"),
    "PNG of many transparent frames": lambda folder: save_frames(folder, "PNG", 400, (400, 250), "RGBA"),
    "GIF of large frames": lambda folder: save_frames(folder, "GIF", 8, (2_500, 2_000)),
    "WebP of many frames": lambda folder: save_frames(folder, "WEBP", 200, (400, 250)),
}
TOO_MUCH: dict[str, tuple[str, Callable[[Path], None]]] = {
    "a progressive JPEG without subsampling": (
        "too_much_memory",
        lambda folder: save(folder, "JPEG", progressive=True, subsampling=0),
    ),
    "a large WebP": ("too_many_pixels", lambda folder: save(folder, "WEBP", lossless=True, method=0)),
    "a WebP that claims 268 million pixels": (
        "too_many_pixels",
        lambda folder: save_webp_head(folder, 16_383, 16_383),
    ),
    "a GIF of larger frames": ("too_much_memory", lambda folder: save_frames(folder, "GIF", 4, (4_000, 2_500))),
    "a PNG in one row": (
        "too_much_memory",
        lambda folder: save(folder, "PNG", "RGBA", (39_000_000, 1), compress_level=1),
    ),
    "a PNG of 400 million pixels": (
        "too_many_pixels",
        lambda folder: save_bytes(folder, declared_png(20_000, 20_000)),
    ),
}


def save_bytes(folder: Path, data: bytes) -> None:
    (folder / "source").write_bytes(data)


def save_webp_head(folder: Path, width: int, height: int) -> None:
    frame = b"\x9d\x01\x2a" + struct.pack("<HH", width, height)
    chunk = b"VP8 " + struct.pack("<I", 30) + b"\x10\x00\x00" + frame + bytes(20)
    save_bytes(folder, b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk)


def convert(folder: Path) -> tuple[dict[str, Any], int]:
    """Returns what the process says, and its peak of resident memory in KiB."""
    command = [sys.executable, "-I", image_process.__file__, str(folder / "source"), str(folder)]
    measured = subprocess.run([sys.executable, "-I", "-c", MEASURED, *command], capture_output=True, check=True, env={})
    said, peak = measured.stdout.splitlines()
    return json.loads(said), int(peak)


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_of_40_million_pixels_is_served(tmp_path: Path, name: str) -> None:
    IMAGES[name](tmp_path)
    found, peak = convert(tmp_path)
    assert "refused" not in found, (found, peak)
    assert [one["name"] for one in found["previews"]] == ["small", "large"]
    assert peak < LIMIT_KIB


@pytest.mark.parametrize("name", TOO_MUCH)
def test_what_would_take_more_is_refused(tmp_path: Path, name: str) -> None:
    reason, make = TOO_MUCH[name]
    make(tmp_path)
    found, peak = convert(tmp_path)
    assert found.get("refused") == reason, (found, peak)
    assert peak < LIMIT_KIB
