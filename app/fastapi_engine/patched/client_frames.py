"""Parses a client's WebSocket frames (RFC 6455, section 5.2): reads whole texts, the usual frames, and checks the
headers of all other frames when they arrive.
"""

# The implementation in C, if the library was built with it.
from websockets.frames import apply_mask  # type: ignore[attr-defined]

CLOSE = 0x8
SMALL_FRAME = 256
"""Bytes of payload below which a frame's own cost exceeds that of its payload."""

_FINAL_TEXT = 0x81
_FINAL = 0x80
_RESERVED_BITS = 0x70
_OPCODES = frozenset({0x0, 0x1, 0x2, CLOSE, 0x9, 0xA})
_MASKED = 0x80


def read_frame(data: bytes | bytearray, place: int) -> tuple[int, int, str | None] | None:
    """Returns the start and the end of the payload of the frame that begins at `place`, and its text.

    Returns None if not even its length has arrived. The end may be beyond the data that has arrived. The text is None
    unless the frame is a whole, masked, valid text message that has arrived completely.
    """
    size = len(data)
    if size - place < 2:
        return None
    second = data[place + 1]
    length, start = second & 0x7F, place + 2
    if length > 125:
        more = 2 if length == 126 else 8
        if size - start < more:
            return None
        length, start = int.from_bytes(data[start : start + more], "big"), start + more
    if not second & _MASKED:
        return start, start + length, None
    start += 4
    end = start + length
    if data[place] != _FINAL_TEXT or end > size:
        return start, end, None
    try:
        return start, end, str(apply_mask(data[start:end], data[start - 4 : start]), "utf-8")
    except UnicodeDecodeError:
        return start, end, None


def find_fault(first: int, second: int, *, is_continued: bool) -> str | None:
    """Returns what is wrong with a frame according to its first two bytes; None if nothing is.

    `is_continued` is True if a message has begun and its next fragment is expected.
    """
    opcode = first & 0x0F
    if opcode not in _OPCODES:
        return "invalid opcode"
    if not second & _MASKED:
        return "incorrect masking"
    if first & _RESERVED_BITS:
        return "reserved bits must be 0"
    if opcode >= CLOSE:
        if not first & _FINAL:
            return "fragmented control frame"
        return "control frame too long" if second & 0x7F > 125 else None
    if is_continued:
        return "expected a continuation frame" if opcode else None
    return None if opcode else "unexpected continuation frame"
