"""Formats of which many begin alike: what such a file is, by what it contains."""

import re
from collections.abc import Iterator

_ARCHIVE, _BOXES, _MATROSKA, _OGG = b"PK\x03\x04", b"ftyp", b"\x1a\x45\xdf\xa3", b"OggS"
_ENTRY = re.compile(rb"PK\x03\x04.{22}(..)(..)", re.DOTALL)
_NAMES_ITS_TYPE = re.compile(r"application/(?:vnd\.oasis\.opendocument\.[a-z-]+|epub\+zip)")
_OFFICE = "application/vnd.openxmlformats-officedocument"
_PARTS = {
    b"word/": f"{_OFFICE}.wordprocessingml.document",
    b"xl/": f"{_OFFICE}.spreadsheetml.sheet",
    b"ppt/": f"{_OFFICE}.presentationml.presentation",
    b"AndroidManifest.xml": "application/vnd.android.package-archive",
    b"META-INF/MANIFEST.MF": "application/java-archive",
}
_BRANDS = {
    "audio/mp4": (b"M4A ", b"M4B ", b"M4P "),
    "video/quicktime": (b"qt  ",),
    "video/3gpp": (b"3gp", b"3gr", b"3gs"),
    "video/3gpp2": (b"3g2",),
    "image/avif": (b"avif", b"avis"),
    "image/heic": (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"),
    "image/heif": (b"mif1", b"msf1"),
    "image/x-canon-cr3": (b"crx ",),
}
_MOVING = re.compile(rb"V_(?:VP[89]|AV1|MPEG|THEORA)")
_TAG = re.compile(rb"ID3[\x02-\x04]\0")
# Of MPEG 1 and of MPEG 2 and 2.5, layer III: kbit/s by index, and samples in eight.
_RATES = (
    (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
_SAMPLES = (144, 72)
_HERTZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def format_of(head: bytes) -> str | None:
    """Returns the media type of an archive, a file of boxes, Matroska, Ogg or MP3; None for any other."""
    if head.startswith(_ARCHIVE):
        return _archive(head)
    if head[4:8] == _BOXES:
        return _boxes(head)
    if head[4:8] == b"moov":
        return "video/quicktime"
    if head.startswith(_MATROSKA):
        return _matroska(head)
    if head.startswith(_OGG):
        return "video/ogg" if b"\x80theora" in head else "audio/ogg"
    if _TAG.match(head):
        return "audio/mpeg"
    length = _frame(head)
    return "audio/mpeg" if length and _frame(head[length:]) else None


def _archive(head: bytes) -> str:
    for name, content in _entries(head):
        if name == b"mimetype":
            named = content[:100].split(b"PK")[0].decode("ascii", "replace")
            if _NAMES_ITS_TYPE.fullmatch(named):
                return named
        for part, content_type in _PARTS.items():
            if name == part or (part.endswith(b"/") and name.startswith(part)):
                return content_type
    return "application/zip"


def _entries(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yields the names in an archive, each with what follows it."""
    for entry in _ENTRY.finditer(head):
        end = entry.end() + int.from_bytes(entry[1], "little")
        yield head[entry.end() : end], head[end + int.from_bytes(entry[2], "little") :]


def _boxes(head: bytes) -> str:
    brand = head[8:12]
    for content_type, brands in _BRANDS.items():
        if brand.startswith(brands):
            return content_type
    has_sound_only = b"moov" in head and b"soun" in head and b"vide" not in head
    return "audio/mp4" if has_sound_only else "video/mp4"


def _matroska(head: bytes) -> str:
    if b"webm" not in head[:64]:
        return "video/x-matroska"
    return "audio/webm" if b"A_" in head and not _MOVING.search(head) else "video/webm"


def _frame(data: bytes) -> int:
    """Returns the length of the MPEG frame that begins here, 0 where none does."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE6 != 0xE2:
        return 0
    version, rate, hertz = data[1] >> 3 & 3, data[2] >> 4, data[2] >> 2 & 3
    if version not in _HERTZ or rate in (0, 15) or hertz == 3:
        return 0
    kind = 0 if version == 3 else 1
    return _SAMPLES[kind] * 1000 * _RATES[kind][rate - 1] // _HERTZ[version][hertz] + (data[2] >> 1 & 1)
