"""Images as people and attackers make them."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

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


def declared_png(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG that claims to be of a size, whatever it holds."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image
