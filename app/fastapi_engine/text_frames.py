"""A client's WebSocket frames (RFC 6455, section 5.2), as far as it takes to read the usual one: a whole text."""

from typing import NamedTuple

# The one in C, where the library was built with it.
from websockets.frames import apply_mask  # type: ignore[attr-defined]

_FINAL_TEXT = 0x81
_MASKED = 0x80


class FramePlace(NamedTuple):
    """Where a frame's payload is. The end may lie beyond what has come."""

    start: int
    end: int


def find_frame(data: bytes | bytearray, place: int) -> FramePlace | None:
    """The frame that begins at a place; None where not even its length has come."""
    size = len(data) - place
    if size < 2:
        return None
    second = data[place + 1]
    length, start = second & 0x7F, place + 2
    if length > 125:
        more = 2 if length == 126 else 8
        if size < 2 + more:
            return None
        length, start = int.from_bytes(data[start : start + more], "big"), start + more
    if second & _MASKED:
        start += 4
    return FramePlace(start, start + length)


def read_text(data: bytes | bytearray, place: int, frame: FramePlace) -> str | None:
    """The text in a frame that has come whole; None where it is anything else than one whole, masked, valid text."""
    if data[place] != _FINAL_TEXT or not data[place + 1] & _MASKED:
        return None
    start, end = frame
    try:
        return str(apply_mask(data[start:end], data[start - 4 : start]), "utf-8")
    except UnicodeDecodeError:
        return None
