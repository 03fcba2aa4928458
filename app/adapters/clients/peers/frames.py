"""Frames between processes: the length of the content in four bytes, the kind in one, the content."""

import struct
from collections.abc import Iterator

PING, PONG, LEAVING, DATA, NEWS = range(5)
MAX_CONTENT = 4 << 20
_HEAD = struct.Struct("!IB")


class BadFrame(Exception):
    """The other side does not follow the protocol."""


def encode(kind: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return _HEAD.pack(len(content), kind) + content


class FrameReader:
    """Finds frames in a stream of bytes."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yields the kind and the content of each frame that is complete. Raises BadFrame."""
        buffer = self._buffer = self._buffer + data if self._buffer else data
        place, size = 0, len(buffer)
        while size - place >= _HEAD.size:
            length, kind = _HEAD.unpack_from(buffer, place)
            if length > MAX_CONTENT or kind > NEWS:
                raise BadFrame(f"kind {kind}, {length} bytes")
            end = place + _HEAD.size + length
            if end > size:
                break
            content = buffer[place + _HEAD.size : end]
            place = end
            yield kind, content
        self._buffer = buffer[place:]
