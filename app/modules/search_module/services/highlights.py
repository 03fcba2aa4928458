"""Finds the words of a query in the text of a message."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from app.modules.search_module.services.query import Query, Slot, Term
from app.modules.search_module.services.words import Word, words_in_place


class Highlight(NamedTuple):
    """A range of a text, in UTF-16 code units."""

    offset: int
    length: int


def highlight(text: str, query: Query) -> list[Highlight]:
    """Returns the ranges that the query's words are found at, in order; those that touch each other are one."""
    words = _TextWords(text)
    places = sorted({place for term in query.terms if not term.is_negated for place in words.places_of(term)})
    ranges: list[tuple[int, int]] = []
    for start, end in places:
        if ranges and start <= ranges[-1][1]:
            ranges[-1] = ranges[-1][0], max(end, ranges[-1][1])
        else:
            ranges.append((start, end))
    highlights, read, units = [], 0, 0
    for start, end in ranges:
        offset = units + _units(text[read:start])
        length = _units(text[start:end])
        highlights.append(Highlight(offset, length))
        read, units = end, offset + length
    return highlights


class _TextWords:
    """The words of a text by their lexemes.

    A set of positions is an integer with a bit for each of them. So words that follow each other are found in a time
    that does not grow with the product of the lengths of the text and of the phrase, which strangers choose.
    """

    def __init__(self, text: str) -> None:
        self._words: dict[str, list[Word]] = defaultdict(list)
        for word in words_in_place(text):
            for lexeme in word.lexemes:
                self._words[lexeme].append(word)
        self._positions: dict[Slot, int] = {}

    def places_of(self, term: Term) -> Iterator[tuple[int, int]]:
        """Yields the ranges of the words that fit the term."""
        if term.joined is not None:
            for word in self._list_fitting(term.joined):
                yield word.start, word.end
        begins = -1
        for place, slot in enumerate(term.slots):
            begins &= self._positions_of(slot) >> place
        found: dict[Slot, int] = defaultdict(int)
        for place, slot in enumerate(term.slots):
            found[slot] |= begins << place
        for slot, positions in found.items():
            for word in self._list_fitting(slot) if positions else ():
                if positions >> word.position & 1:
                    yield word.start, word.end

    def _positions_of(self, slot: Slot) -> int:
        if slot not in self._positions:
            positions = 0
            for word in self._list_fitting(slot):
                positions |= 1 << word.position
            self._positions[slot] = positions
        return self._positions[slot]

    def _list_fitting(self, slot: Slot) -> Iterator[Word]:
        for lexeme in slot.lexemes if slot.prefix is None else filter(slot.fits, self._words):
            yield from self._words.get(lexeme, ())


def _units(text: str) -> int:
    """Returns the length of a text in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
