"""A client's WebSocket frames (RFC 6455, section 5.2), as far as it takes to read the usual one: a whole text."""

# The one in C, where the library was built with it.
from websockets.frames import apply_mask  # type: ignore[attr-defined]

_FINAL_TEXT = 0x81
_MASKED = 0x80


def find_frame(data: bytes | bytearray, place: int) -> tuple[int, int] | None:
    """Where the payload of the frame at a place starts and ends, maybe beyond what has come; None where not even its
    length has come.
    """
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
    return start, start + length


def read_text(data: bytes | bytearray, place: int, start: int, end: int) -> str | None:
    """The text in a frame that has come whole; None where it is anything else than one whole, masked, valid text."""
    if data[place] != _FINAL_TEXT or not data[place + 1] & _MASKED:
        return None
    try:
        return str(apply_mask(data[start:end], data[start - 4 : start]), "utf-8")
    except UnicodeDecodeError:
        return None
