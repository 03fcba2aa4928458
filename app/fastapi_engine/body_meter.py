"""Measures how a request's body arrives: it must make progress, and must not be mostly framing."""

BYTES_PER_SECOND = 1024
"""The average rate at which a body must arrive, after the time allowed for its first bytes."""
FRAMING_BYTES = 64 * 1024
"""The largest size of what is between two bytes of a body: chunk sizes, extensions and trailers."""
FRAMING_RATIO = 8
"""How many bytes of framing are allowed for each byte of a body, beside FRAMING_BYTES. Chunks of one byte need six."""


class BodyMeter:
    """Counts the bytes of one body, with and without the framing of its chunks."""

    __slots__ = ("_content", "_gap", "_received")

    def __init__(self) -> None:
        self._received = self._content = self._gap = 0

    def receive(self, size: int) -> None:
        """Counts bytes of one read, after those of the body in it."""
        self._received += size
        self._gap += size

    def take(self, size: int) -> None:
        """Counts bytes of the body itself."""
        self._content += size
        self._gap = 0

    @property
    def is_mostly_framing(self) -> bool:
        return self._gap > FRAMING_BYTES or self._received > FRAMING_BYTES + FRAMING_RATIO * self._content


def extend(deadline: float, size: int, latest: float) -> float:
    """Returns the deadline after `size` more bytes, at most `latest`."""
    return min(deadline + size / BYTES_PER_SECOND, latest)
