"""Punctuation around an address in a text."""

from collections import Counter

ENDS = (
    # No space follows Chinese and Japanese signs.
    r"\s。，、！？；：（）「」『』【】《》"
    # Spaces of no width and marks of direction, which texts that were copied have. Joiners may be in an address.
    "\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
)
"""What ends an address, for the class of a regular expression."""
OPENING_SIGNS = "([{«»‹“„‘‚"
_CLOSING_SIGNS = ")]}»«›”“’‘"
_OPENING = dict(zip(_CLOSING_SIGNS, OPENING_SIGNS, strict=True))
"""By the signs that close: a quotation mark may do both."""
_SIGNS = ".,:;!?…"


def without_punctuation(address: str, more: str) -> str:
    """Returns an address without the punctuation at its end, and without the characters `more` there.

    A closing bracket or quotation mark stays if the address has the opening one.
    """
    counts = Counter(address)
    end = len(address)
    while end:
        last = address[end - 1]
        opening = _OPENING.get(last)
        if counts[last] <= counts[opening] if opening else last not in _SIGNS + more:
            break
        counts[last] -= 1
        end -= 1
    return address[:end]
