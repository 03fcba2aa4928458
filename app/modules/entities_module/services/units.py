"""UTF-16 code units, the unit of offsets in the API."""

import re
from bisect import bisect_left
from collections.abc import Callable

# Characters that take two code units.
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


def units_of(text: str) -> Callable[[int], int]:
    """Returns a function from places in the text, in code points, to places in UTF-16 code units."""
    astral = [] if text.isascii() else [found.start() for found in _ASTRAL.finditer(text)]
    if not astral:
        return int
    return lambda place: place + bisect_left(astral, place)
