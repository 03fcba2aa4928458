"""What a file is, by its bytes. What its name and the client say does not count."""

import re

import puremagic

from app.modules.attachments_module.services.formats import format_of
from app.modules.attachments_module.services.store import HEAD_BYTES

UNKNOWN, TEXT = "application/octet-stream", "text/plain"
_TEXTS = (
    "text/calendar",
    "text/css",
    "text/html",
    "text/vcard",
    "text/x-python",
    "application/json",
    "application/pdf",
    "application/postscript",
    "application/rtf",
    "application/xml",
    "image/svg+xml",
    "message/rfc822",
)
"""What readable text can be. Any other type that its first letters are taken for is an accident."""
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_JPEG, _PNG, _GIF = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", (b"GIF87a", b"GIF89a")
IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
"""Re-encoded, and shown by browsers in a page. Other images are files."""
_SAME = {
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/mp3": "audio/mpeg",
    "audio/x-flac": "audio/flac",
    "audio/x-m4a": "audio/mp4",
    "application/ogg": "audio/ogg",
    "video/x-m4v": "video/mp4",
}
PLAYED_TYPES = (
    "video/3gpp",
    "video/3gpp2",
    "video/x-matroska",
    "audio/aac",
    "audio/flac",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/webm",
    "video/mp4",
    "video/ogg",
    "video/quicktime",
    "video/webm",
)
"""Shown by browsers in a page, unchanged. None of them can hold a script."""


def sniff(head: bytes) -> str:
    """Returns the media type of a file that begins with these bytes."""
    if (known := image_type(head) or format_of(head)) is not None:
        return known
    found, is_text = _find(head), _is_text(head)
    # An image is one that begins like one: nothing else is shown as such.
    if found is not None and found not in IMAGE_TYPES and (not is_text or found in _TEXTS):
        return found
    return TEXT if is_text else UNKNOWN


def image_type(head: bytes) -> str | None:
    """Returns the type of an image that is re-encoded, None for anything else."""
    if head.startswith(_JPEG):
        return "image/jpeg"
    if head.startswith(_PNG):
        return "image/png"
    if head.startswith(_GIF):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return None


def kind_of(content_type: str) -> str:
    """Returns the kind that lists of files are filtered by."""
    if content_type in IMAGE_TYPES:
        return "image"
    main = content_type.partition("/")[0]
    return main if main in ("audio", "video") else "file"


def _find(head: bytes) -> str | None:
    try:
        found: str = puremagic.from_string(head, mime=True)
    except (puremagic.PureError, ValueError, IndexError):
        return None
    return _SAME.get(found, found) or None


def _is_text(head: bytes) -> bool:
    """Returns True for UTF-8 without control characters; the end may be in the middle of a character."""
    try:
        text = head[:-4].decode() if len(head) >= HEAD_BYTES else head.decode()
    except UnicodeDecodeError:
        return False
    return not _CONTROL.search(text)
