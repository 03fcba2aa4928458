"""Images as people and attackers make them."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, ImageSequence

GPS = b"GPS-SECRET-55.7558"


def picture(kind: str, size: tuple[int, int] = (40, 20), mode: str = "RGB", **options: Any) -> bytes:
    """An image whose left half is red and whose right half is blue."""
    image = Image.new(mode, size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def with_exif(kind: str, orientation: int = 1, size: tuple[int, int] = (40, 20)) -> bytes:
    """With the place where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x9286] = GPS.decode()
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[29] = GPS.decode()
    return picture(kind, size, exif=exif)


def animation(kind: str, frames: int = 3, size: tuple[int, int] = (40, 20)) -> bytes:
    images = [Image.new("RGB", size, (number * 80 % 256, 0, 0)) for number in range(frames)]
    buffer = BytesIO()
    images[0].save(buffer, kind, save_all=True, append_images=images[1:], duration=100, loop=0, comment=GPS)
    return buffer.getvalue()


def moving(kind: str) -> bytes:
    """Two red dots that move over a transparent ground, once."""
    images = [Image.new("RGBA", (60, 20)) for _ in range(3)]
    for number, image in enumerate(images):
        for left in (number * 10, number * 10 + 30):
            image.paste("red", (left, 5, left + 10, 15))
    buffer = BytesIO()
    given: dict[str, dict[str, Any]] = {"GIF": {"disposal": 2}, "PNG": {"blend": 1, "disposal": [0, 1, 1]}, "WEBP": {}}
    options = {"duration": [100, 500, 2000], "loop": 1, **given[kind]}
    images[0].save(buffer, kind, save_all=True, append_images=images[1:], **options)
    return buffer.getvalue()


def declared_png(width: int, height: int) -> bytes:
    """A PNG that claims to be of a size, and is empty."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def movement(data: bytes) -> tuple[int, list[tuple[float, bytes]]]:
    """How often an animation is played; and of each frame, how long it is seen, and where it is not transparent."""
    image = Image.open(BytesIO(data))
    frames = []
    for frame in ImageSequence.Iterator(image):
        frame.load()
        frames.append((frame.info["duration"], frame.convert("RGBA").getchannel("A").tobytes()))
    return image.info["loop"], frames


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image
