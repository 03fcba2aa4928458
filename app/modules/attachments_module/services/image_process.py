"""Re-encodes one image, in a process of its own: whatever a hostile file does to the decoder ends with the process.

It is started as a script, imports nothing of the application, and prints one JSON object: what it has written, or
`refused` with a reason, or `failed` if the disk is full. `python image_process.py <source> <folder>`
"""

# Longer than 250 lines: it runs as one file, without the path of the application.

import errno
import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from math import cos, pi
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageSequence, UnidentifiedImageError
from PIL.PngImagePlugin import Blend, Disposal

MAX_PIXELS = 40_000_000
"""Of all frames together."""
MAX_FRAMES = 2_000
PREVIEWS = (("large", 1280), ("small", 320))
"""Names, and pixels of the longer side."""
MAX_WEBP_PIXELS = 12_500_000
"""Pillow takes 20 bytes for each pixel of a WebP, and 4 of other images."""
_MEMORY = 270 * 1024 * 1024
"""Bytes that the process may allocate."""
_MOST_COEFFICIENTS, _MOST_DECODED = 170 * 1024 * 1024, 230 * 1024 * 1024
"""Bytes of the coefficients of a progressive JPEG, and of them and its pixels."""
_OUT_OF_MEMORY = ("out of memory", "quantization error", "encoding error 1")
"""What Pillow says where it does not raise MemoryError."""
_DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT)
_STRIP = 1_000_000
"""Pixels that are worked on at once."""
_CPU_SECONDS = 30
_LARGEST_FILE = 512 * 1024 * 1024
_FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
_KEPT_INFO = ("transparency", "background", "duration", "loop", "disposal")
_SAVE: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 88},
    "PNG": {"compress_level": 6},
    "WEBP": {"quality": 88, "method": 3},
    "GIF": {"comment": b""},
}
_TRANSPARENT_FRAMES: dict[str, dict[str, Any]] = {
    "PNG": {"disposal": Disposal.OP_NONE, "blend": Blend.OP_SOURCE},
    "WEBP": {},
    "GIF": {"disposal": 2},
}
"""Nothing of a frame is seen through the next one."""
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ON_THE_SIDE = {_TURNS[number] for number in (5, 6, 7, 8)}
"""Rows become columns."""
_FROM_THE_END = {_TURNS[number] for number in (3, 4, 6, 7)}
"""The first row becomes the last one."""
_BLURHASH_X, _BLURHASH_Y = 4, 3
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"


class Refused(Exception):
    """The file is not an image that is served."""


def main(source: str, folder: Path) -> dict[str, Any]:
    limit_this_process()
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        return _convert(source, folder)
    except Refused as refusal:
        return {"refused": str(refusal)}
    except MemoryError:
        return {"refused": "too_much_memory"}
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return {"refused": "too_many_pixels"}
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        TypeError,
        LookupError,
        OverflowError,
    ) as error:
        if isinstance(error, OSError) and error.errno in _DISK_IS_FULL:
            return {"failed": error.errno}
        is_short = any(text in str(error) for text in _OUT_OF_MEMORY)
        return {"refused": "too_much_memory" if is_short else "broken_image"}


def limit_this_process() -> None:
    """Limits memory, time and files, where the system can."""
    os.nice(10)
    try:
        import resource
    except ImportError:
        return
    limits = {
        resource.RLIMIT_DATA: _MEMORY,
        resource.RLIMIT_CPU: _CPU_SECONDS,
        resource.RLIMIT_FSIZE: _LARGEST_FILE,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in limits.items():
        resource.setrlimit(kind, (most, most))


def _convert(source: str, folder: Path) -> dict[str, Any]:
    _check_webp(source)
    with Image.open(source, formats=list(_FORMATS)) as image:
        # Two photos in one file, as phones take them: the first one counts.
        kind = "JPEG" if image.format == "MPO" else str(image.format)
        # A PNG may hold a still as well, for programs that play no animations: Pillow cannot read such a file twice.
        is_still = kind == "JPEG" or image.info.get("default_image")
        frames = 1 if is_still else int(getattr(image, "n_frames", 1))
        if frames > MAX_FRAMES or image.width * image.height * frames > MAX_PIXELS:
            raise Refused("too_many_pixels")
        if kind == "JPEG":
            _spare_memory(image)
        image.load()
        if frames > 1:
            width, height = image.size
            still = _shrink(image, PREVIEWS[0][1])
            options = {**_SAVE[kind], **_movement(image, kind)}
            image.save(folder / "original", kind, save_all=True, exif=b"", icc_profile=b"", **options)
        else:
            whole = _clean(image, kind, folder)
            width, height = whole.size
            whole.save(folder / "original", kind, exif=b"", **_SAVE[kind])
            still = _shrink(whole, PREVIEWS[0][1])
            whole.close()
    previews = []
    for name, side in PREVIEWS:
        if max(still.size) > side:
            still = _shrink(still, side)
        still.save(folder / name, "WEBP", quality=80, method=3)
        previews.append({"name": name, "width": still.width, "height": still.height, "content_type": _FORMATS["WEBP"]})
    return {
        "content_type": _FORMATS[kind],
        "width": width,
        "height": height,
        "blurhash": make_blurhash(still),
        "previews": previews[::-1],
    }


def _check_webp(source: str) -> None:
    """Raises Refused for a WebP that is too large: its decoder takes the memory when it is opened."""
    with Path(source).open("rb") as file:
        head = file.read(30)
    match head[12:16]:
        case b"VP8 ":
            size = [int.from_bytes(head[place : place + 2], "little") & 0x3FFF for place in (26, 28)]
        case b"VP8L":
            bits = int.from_bytes(head[21:25], "little")
            size = [(bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1]
        case b"VP8X":
            size = [int.from_bytes(head[place : place + 3], "little") + 1 for place in (24, 27)]
        case _:
            return
    if size[0] * size[1] > MAX_WEBP_PIXELS:
        raise Refused("too_many_pixels")


def _spare_memory(image: Any) -> None:
    """Halves the sides of a large progressive JPEG while it is decoded: its coefficients are in memory as well."""
    if not image.info.get("progressive"):
        return
    pixels, layers = image.width * image.height, [(across, down) for _, across, down, _ in image.layer]
    most = max(across for across, _ in layers) * max(down for _, down in layers)
    coefficients = 2 * pixels * sum(across * down for across, down in layers) // most
    if coefficients > _MOST_COEFFICIENTS:
        raise Refused("too_much_memory")
    if coefficients + 4 * pixels > _MOST_DECODED:
        image.draft(image.mode, (image.width // 2, image.height // 2))


def _movement(image: Image.Image, kind: str) -> dict[str, Any]:
    """Returns how an animation is to be written so that it moves as it did: Pillow reads each frame whole."""
    durations, is_transparent = [], False
    for frame in ImageSequence.Iterator(image):
        frame.load()
        durations.append(frame.info.get("duration", 0))
        is_transparent = is_transparent or frame.has_transparency_data
    loop = {name: value for name, value in image.info.items() if name == "loop"}
    return {"duration": durations, **loop, **(_TRANSPARENT_FRAMES[kind] if is_transparent else {})}


def _clean(image: Image.Image, kind: str, folder: Path) -> Image.Image:
    """Returns the image as it is seen: turned, in the colours of sRGB, without anything but its pixels."""
    profile, turn = image.info.get("icc_profile"), _TURNS.get(_orientation(image) or 1)
    mode = "RGB" if kind == "JPEG" and image.mode not in ("L", "RGB") else image.mode
    info: dict[str | tuple[int, int], Any] = {name: value for name, value in image.info.items() if name in _KEPT_INFO}
    if mode == "P":
        turned = image.transpose(turn) if turn is not None else image
    elif mode != image.mode or turn is not None:
        turned = _change(image, mode, turn, folder)
    else:
        turned = image
    turned.info = info
    if profile and mode in ("RGB", "RGBA"):
        _to_srgb(turned, profile)
    return turned


def _orientation(image: Image.Image) -> int | None:
    try:
        found: int | None = image.getexif().get(_ORIENTATION)
    except Exception:  # noqa: BLE001 - metadata that cannot be read is left out like all of it
        return None
    return found


def _change(image: Image.Image, mode: str, turn: Image.Transpose | None, folder: Path) -> Image.Image:
    """Returns the image in another mode, and turned. Closes the one that it was.

    Strips of the new image wait on the disk until the old one is released: both would take 320 MB of memory.
    """
    (width, height), sizes = image.size, []
    with (folder / "strips").open("w+b") as strips:
        for top, strip in _strips(image):
            changed = strip.convert(mode)
            changed = changed if turn is None else changed.transpose(turn)
            sizes.append((top, strip.height, changed.size, strips.write(changed.tobytes())))
        image.close()
        strips.seek(0)
        whole = Image.new(mode, (height, width) if turn in _ON_THE_SIDE else (width, height))
        for top, rows, size, length in sizes:
            start = height - top - rows if turn in _FROM_THE_END else top
            strip = Image.frombytes(mode, size, strips.read(length))
            whole.paste(strip, (start, 0) if turn in _ON_THE_SIDE else (0, start))
    return whole


def _strips(image: Image.Image, step: int = 1) -> Iterator[tuple[int, Image.Image]]:
    """Yields rows of an image, with the first one's number. Each strip but the last has a multiple of `step` rows."""
    rows = max(_STRIP // image.width // step, 1) * step
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _to_srgb(image: Image.Image, profile: bytes) -> None:
    from io import BytesIO

    # A profile that is broken, or of other colours: the pixels are shown as they are.
    with suppress(ImageCms.PyCMSError, OSError, ValueError):
        given = ImageCms.ImageCmsProfile(BytesIO(profile))
        ImageCms.profileToProfile(image, given, ImageCms.createProfile("sRGB"), inPlace=True)
    image.info.pop("icc_profile", None)


def _shrink(image: Image.Image, side: int) -> Image.Image:
    """Returns a copy whose sides are at most so long, in RGB or RGBA."""
    scale = min(side / max(image.size), 1)
    size = (max(round(image.width * scale), 1), max(round(image.height * scale), 1))
    mode = "RGBA" if image.has_transparency_data else "RGB"
    # Reduced strip by strip: a copy of the whole image in another mode would take as much memory as the image.
    step = max(int(0.5 / scale), 1)
    reduced = Image.new(mode, (-(-image.width // step), -(-image.height // step)))
    for top, strip in _strips(image, step):
        if image.mode.startswith("I"):
            # 16 bits of grey. A conversion would make everything above 255 white.
            strip = strip.point(lambda value: value / 256)
        reduced.paste(strip.convert(mode).reduce(step), (0, top // step))
    return reduced if size == reduced.size else reduced.resize(size, Image.Resampling.LANCZOS)


def make_blurhash(image: Image.Image) -> str:
    """Returns the BlurHash of an image: a handful of colours that stand for it while it loads."""
    small = image.convert("RGBA")
    ground = Image.new("RGBA", small.size, (255, 255, 255, 255))
    pixels = Image.alpha_composite(ground, small).convert("RGB").resize((32, 32))
    linear = [tuple(map(_to_linear, pixels.getpixel((x, y)))) for y in range(32) for x in range(32)]  # type: ignore[arg-type]
    factors = [_factor(linear, i, j) for j in range(_BLURHASH_Y) for i in range(_BLURHASH_X)]
    average, others = factors[0], factors[1:]
    largest = max(abs(value) for factor in others for value in factor)
    scale = max(0, min(82, int(largest * 166 - 0.5)))
    most = (scale + 1) / 166
    red, green, blue = map(_to_srgb_value, average)
    written = [
        _digits(_BLURHASH_X - 1 + (_BLURHASH_Y - 1) * 9, 1),
        _digits(scale, 1),
        _digits((red << 16) + (green << 8) + blue, 4),
    ]
    for factor in others:
        r, g, b = (max(0, min(18, int(_signed_root(value / most) * 9 + 9.5))) for value in factor)
        written.append(_digits(r * 19 * 19 + g * 19 + b, 2))
    return "".join(written)


def _factor(linear: list[tuple[float, ...]], i: int, j: int) -> tuple[float, float, float]:
    weight = (1 if i == j == 0 else 2) / len(linear)
    sums = [0.0, 0.0, 0.0]
    for place, pixel in enumerate(linear):
        y, x = divmod(place, 32)
        basis = cos(pi * i * x / 32) * cos(pi * j * y / 32)
        for channel in range(3):
            sums[channel] += basis * pixel[channel]
    return (sums[0] * weight, sums[1] * weight, sums[2] * weight)


def _to_linear(value: int) -> float:
    part = value / 255
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _to_srgb_value(value: float) -> int:
    part = max(0.0, min(1.0, value))
    return int((part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055) * 255 + 0.5)


def _signed_root(value: float) -> float:
    return float(abs(value) ** 0.5) if value >= 0 else -float(abs(value) ** 0.5)


def _digits(value: int, length: int) -> str:
    return "".join(_DIGITS[value // 83 ** (length - place) % 83] for place in range(1, length + 1))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], Path(sys.argv[2]))))
