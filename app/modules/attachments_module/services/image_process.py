"""Re-encodes one image, in a process of its own: whatever a hostile file does to the decoder ends with the process.

It is started as a script, imports nothing of the application, and prints one JSON object: what it has written, or
`refused` with a reason. `python image_process.py <source> <folder>`
"""

import json
import os
import sys
from math import cos, pi
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

MAX_PIXELS = 40_000_000
"""Of all frames together."""
MAX_FRAMES = 2_000
PREVIEWS = (("large", 1280), ("small", 320))
"""Names, and pixels of the longer side."""
_MEMORY = 1_200 * 1024 * 1024
"""Bytes of address space; 40 million pixels that are turned take 340 MB."""
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
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, TypeError, LookupError, OverflowError):
        return {"refused": "broken_image"}


def limit_this_process() -> None:
    """Limits memory, time and files, where the system can."""
    os.nice(10)
    try:
        import resource
    except ImportError:
        return
    limits = {
        resource.RLIMIT_AS: _MEMORY,
        resource.RLIMIT_CPU: _CPU_SECONDS,
        resource.RLIMIT_FSIZE: _LARGEST_FILE,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in limits.items():
        resource.setrlimit(kind, (most, most))


def _convert(source: str, folder: Path) -> dict[str, Any]:
    with Image.open(source, formats=list(_FORMATS)) as image:
        # Two photos in one file, as phones take them: the first one counts.
        kind = "JPEG" if image.format == "MPO" else str(image.format)
        frames = 1 if kind == "JPEG" else int(getattr(image, "n_frames", 1))
        if frames > MAX_FRAMES or image.width * image.height * frames > MAX_PIXELS:
            raise Refused("too_many_pixels")
        image.load()
        if frames > 1:
            still = image.convert("RGBA")
            width, height = image.size
            image.save(folder / "original", kind, save_all=True, exif=b"", icc_profile=b"", **_SAVE[kind])
        else:
            still = _clean(image, kind)
            width, height = still.size
            still.save(folder / "original", kind, exif=b"", **_SAVE[kind])
    previews = []
    for name, side in PREVIEWS:
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


def _clean(image: Image.Image, kind: str) -> Image.Image:
    """Returns the image as it is seen: turned, in the colours of sRGB, without anything but its pixels."""
    profile = image.info.get("icc_profile")
    turned = ImageOps.exif_transpose(image)
    turned.info = {name: value for name, value in turned.info.items() if name in _KEPT_INFO}
    if kind == "JPEG" and turned.mode not in ("L", "RGB"):
        turned = turned.convert("RGB")
    if profile and turned.mode in ("RGB", "RGBA"):
        turned = _to_srgb(turned, profile)
    return turned


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    from io import BytesIO

    try:
        given = ImageCms.ImageCmsProfile(BytesIO(profile))
        ImageCms.profileToProfile(image, given, ImageCms.createProfile("sRGB"), inPlace=True)
    except (ImageCms.PyCMSError, OSError, ValueError):
        # A profile that is broken, or of other colours: the pixels are shown as they are.
        return image
    image.info.pop("icc_profile", None)
    return image


def _shrink(image: Image.Image, side: int) -> Image.Image:
    scale = min(side / max(image.size), 1)
    size = (max(round(image.width * scale), 1), max(round(image.height * scale), 1))
    if image.mode not in ("RGB", "RGBA"):
        image = image.convert("RGBA" if "A" in image.mode or "transparency" in image.info else "RGB")
    shrunk = image if size == image.size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    shrunk.info = {}
    return shrunk


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
