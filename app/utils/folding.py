"""The form of text that searches compare: without differences of case, of compatible forms and of diacritics.

It is made cluster by cluster (a character with the marks on it), so that each character of it is known to come from a
range of the original text.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from app.utils.canonical import fold
from app.utils.texts import without_ignored

_LAST = 0x1FFFF
"""Behind it there are no marks and signs but variation selectors, which are ignored."""


def char_class(points: Iterable[int]) -> str:
    """Return code points, in ascending order, as the inside of a character class."""
    ranges: list[list[int]] = []
    for point in points:
        if ranges and ranges[-1][1] == point - 1:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


MARKS = char_class(point for point in range(0x300, _LAST) if unicodedata.category(chr(point))[0] == "M")
SIGNS = char_class(point for point in range(0xA2, _LAST) if unicodedata.category(chr(point)) in ("So", "Sc", "Sk"))

# What belongs to the character before it: marks, what is ignored, vowels and finals of decomposed Hangul, and the
# voiced marks of half-width Katakana.
_FOLLOWING = (
    MARKS + "\u00ad\u061c\u200b-\u200f\u2060-\u2064\ufeff\ufe0e\ufe0f\U000e0100-\U000e01ef"
    "\u1160-\u11ff\ud7b0-\ud7ff\uff9e\uff9f"
)
# Folding changes these by their case alone, one to one.
_PLAIN = "\\x00-\\x5f\\x61-\\x7fА-Яа-я\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff\uac00-\ud7a3«»—–“”„"
_CLUSTER = re.compile(f"[^{_PLAIN}][{_FOLLOWING}]*|.[{_FOLLOWING}]+", re.DOTALL)
# Latin, Greek and Cyrillic diacritics, Hebrew points, Arabic vowel signs with the stretching of lines.
_DIACRITICS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]")
_SHORT_I = re.compile("и\u0306")
_LETTERS = str.maketrans(
    {
        "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th",
        "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "′": "'", "‐": "-", "‑": "-", "−": "-",
    }
)  # fmt: skip


class Folded(NamedTuple):
    """Folded text. `starts` and `ends` are, for each of its characters, the range of the original that it comes from;
    None where the two texts have the same length and each character has its place.
    """

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the range of the original text that this range of the folded one comes from."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def fold_text(text: str) -> str:
    """Return the text in the form that is compared."""
    if not text.isascii():
        text = _CLUSTER.sub(lambda cluster: _fold_cluster(cluster[0]), text)
    elif "`" in text:
        text = text.replace("`", "'")
    return text.lower()


def fold_with_places(text: str) -> Folded:
    """Return the same with the place of each character in the original."""
    folded = fold_text(text)
    if text.isascii():
        return Folded(folded)
    starts: list[int] = []
    ends: list[int] = []
    after = 0
    for cluster in _CLUSTER.finditer(text):
        first, last = cluster.span()
        starts += range(after, first)
        ends += range(after + 1, first + 1)
        length = len(_fold_cluster(cluster[0]))
        starts += [first] * length
        ends += [last] * length
        after = last
    starts += range(after, len(text))
    ends += range(after + 1, len(text) + 1)
    return Folded(folded, starts, ends)


@lru_cache(maxsize=20_000)
def _fold_cluster(cluster: str) -> str:
    """Of characters that come from one place. Lower case changes nothing of the result, whatever is beside it."""
    folded = fold(without_ignored(cluster.translate(_LETTERS)))
    decomposed = unicodedata.normalize("NFD", folded)
    if _DIACRITICS.search(decomposed):
        # The short i is a letter of its own, and no i with a mark.
        decomposed = _DIACRITICS.sub("", _SHORT_I.sub("й", decomposed))
    return unicodedata.normalize("NFC", decomposed).translate(_LETTERS).lower()
