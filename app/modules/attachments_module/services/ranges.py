"""Ranges of a file (RFC 9110, section 14)."""

import re
from typing import NamedTuple

_RANGE = re.compile(r"[ \t]*(?:(\d+)[ \t]*-[ \t]*(\d*)|-[ \t]*(\d+))[ \t]*", re.ASCII)
_LONGEST = 40
"""Digits and blanks of one range that are read."""


class Range(NamedTuple):
    """From `start` to before `end`."""

    start: int
    end: int


def read_range(header: str | None, size: int) -> Range | None:
    """Returns the range that is asked for, None for the whole file. Raises ValueError where it cannot be satisfied.

    Several ranges are answered with the whole file, and so are none and a unit that is not known.
    """
    if header is None or header[:6].lower() != "bytes=" or len(header) == len("bytes=") or "," in header:
        return None
    found = _RANGE.fullmatch(header[6:]) if len(header) <= _LONGEST + 6 else None
    if found is None:
        raise ValueError("not a range of bytes")
    first, last, suffix = found.groups()
    if suffix is not None:
        start, end = max(size - int(suffix), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
    if start >= end:
        raise ValueError("there are no such bytes")
    return Range(start, end)
