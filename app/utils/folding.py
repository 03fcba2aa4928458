"""Folded text, the form that searches compare: without differences of case, of compatible forms and of diacritics.

Text is folded cluster by cluster (a character with its marks). So the range of the original text is known for each
character of the folded text.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from app.utils.canonical import fold
from app.utils.texts import without_ignored

_LAST = 0x1FFFF
"""The last code point that is inspected. After it the only marks are variation selectors, which are ignored."""

_EMOJI = range(0x1F000, 0x1FB00)
"""Code points of the blocks that emoji are added to."""

_LONGEST_KEPT = 16
"""Characters of a cluster that is kept in memory after it was folded. Real ones are shorter."""


def char_class(points: Iterable[int]) -> str:
    """Returns the inside of a regular expression's character class. `points` are in ascending order."""
    ranges: list[list[int]] = []
    for point in points:
        if ranges and ranges[-1][1] == point - 1:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


MARKS = char_class(point for point in range(0x300, _LAST) if unicodedata.category(chr(point))[0] == "M")
# The interpreter's tables end with the Unicode version of its release. Code points reserved for emoji are signs.
SIGNS = char_class(
    point
    for point in range(0xA2, _LAST)
    if (category := unicodedata.category(chr(point))) in ("So", "Sc", "Sk") or (category == "Cn" and point in _EMOJI)
)

# Characters that belong to the one before them: marks, ignored characters, vowels and finals of decomposed Hangul, and
# the voiced marks of half-width Katakana.
_FOLLOWING = (
    MARKS + "\u00ad\u061c\u200b-\u200f\u2060-\u2064\ufeff\ufe0e\ufe0f\U000e0100-\U000e01ef"
    "\u1160-\u11ff\ud7b0-\ud7ff\uff9e\uff9f"
)
# Folding changes only the case of these characters, one to one.
_PLAIN = "\\x00-\\x5f\\x61-\\x7fА-Яа-я\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff\uac00-\ud7a3«»—–“”„"
_SPECIAL = re.compile(f"[^{_PLAIN}]")
_CLUSTER = re.compile(f"[^{_PLAIN}][{_FOLLOWING}]*|.[{_FOLLOWING}]+", re.DOTALL)
# Latin, Greek and Cyrillic diacritics, Hebrew points, Arabic vowel signs and the tatweel.
_DIACRITICS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]")
_SHORT_I = re.compile("и\u0306")
NUMBERS_IN_CIRCLES = "".join(
    sign
    for sign in map(chr, (*range(0x2460, 0x3300), *range(0x1F100, 0x1F110)))
    if unicodedata.category(sign) == "No" and re.search("CIRCLED .*(DIGIT|NUMBER)", unicodedata.name(sign))
)
"""`①` to `㊿`, `❶` and others. The numbers of Chinese characters, such as `㊀`, are folded to these characters."""
_LETTERS = str.maketrans(
    {
        "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th",
        "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "′": "'", "‐": "-", "‑": "-", "−": "-",
        # Signs that stand for words, and are written directly beside others: №5, Windows™, 1️⃣First.
        "№": " no ", "™": " tm ", "ℹ": " i ", "Ⓜ": " m ", "\u20e3": " ",
        **{sign: f" {int(unicodedata.numeric(sign))} " for sign in NUMBERS_IN_CIRCLES},
    }
)  # fmt: skip


class Folded(NamedTuple):
    """Folded text with the origin of its characters.

    `starts` and `ends` have, for each character, the range of the original text that it comes from. They are None if
    each character comes from the one at the same position.
    """

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Returns the range of the original text that a range of the folded text comes from."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def fold_text(text: str) -> str:
    """Returns the text in the form that searches compare."""
    if text.isascii():
        return text.lower().replace("`", "'")
    # Equivalent to folding by clusters, at a tenth of the time: in most Russian texts only `ё` is not plain.
    text = text.replace("ё", "е").replace("Ё", "Е")
    if _SPECIAL.search(text):
        text = _CLUSTER.sub(lambda cluster: _fold_cluster(cluster[0]), text)
    return text.lower()


def fold_with_places(text: str) -> Folded:
    """Returns the same text as `fold_text`, with the origin of each character."""
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


def _fold_cluster(cluster: str) -> str:
    """Returns one cluster folded. Lower-casing the whole text later does not change the result."""
    return (_fold_kept if len(cluster) <= _LONGEST_KEPT else _fold_kept.__wrapped__)(cluster)


@lru_cache(maxsize=20_000)
def _fold_kept(cluster: str) -> str:
    folded = fold(without_ignored(cluster.translate(_LETTERS)))
    decomposed = unicodedata.normalize("NFD", folded)
    if _DIACRITICS.search(decomposed):
        # The Russian `й` is a letter of its own, not an `и` with a mark.
        decomposed = _DIACRITICS.sub("", _SHORT_I.sub("й", decomposed))
    return unicodedata.normalize("NFC", decomposed).translate(_LETTERS).lower()
