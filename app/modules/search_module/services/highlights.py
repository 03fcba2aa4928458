"""Where in a message's text the words of a query are."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from app.modules.search_module.services.query import Query, Term
from app.modules.search_module.services.words import Word, words_in_place


class Highlight(NamedTuple):
    """A range of a text, in UTF-16 code units."""

    offset: int
    length: int


def highlight(text: str, query: Query) -> list[Highlight]:
    """Returns the ranges that the query's words are found at, in order; those that touch each other are one."""
    by_position = _by_position(text)
    places = sorted({place for term in query.terms if not term.is_negated for place in _places_of(term, by_position)})
    ranges: list[tuple[int, int]] = []
    for start, end in places:
        if ranges and start <= ranges[-1][1]:
            ranges[-1] = ranges[-1][0], max(end, ranges[-1][1])
        else:
            ranges.append((start, end))
    if text.isascii():
        return [Highlight(start, end - start) for start, end in ranges]
    return [Highlight(_units(text[:start]), _units(text[start:end])) for start, end in ranges]


def fits(text: str, query: Query) -> bool:
    """Returns True if a text has all words of a query: what the index answers, without one."""
    by_position = _by_position(text)
    return all(any(True for _ in _places_of(term, by_position)) is not term.is_negated for term in query.terms)


def _by_position(text: str) -> Mapping[int, Sequence[Word]]:
    by_position: dict[int, list[Word]] = defaultdict(list)
    for word in words_in_place(text):
        by_position[word.position].append(word)
    return by_position


def _places_of(term: Term, by_position: Mapping[int, Sequence[Word]]) -> Iterator[tuple[int, int]]:
    """Yields the ranges of the words that fit the term."""
    for position, words in list(by_position.items()):
        if term.joined is not None:
            for word in words:
                if any(map(term.joined.fits, word.lexemes)):
                    yield word.start, word.end
        sequence = [
            [word for word in by_position.get(position + place, ()) if any(map(slot.fits, word.lexemes))]
            for place, slot in enumerate(term.slots)
        ]
        if all(sequence):
            yield from ((word.start, word.end) for fitting in sequence for word in fitting)


def _units(text: str) -> int:
    """Returns the length of a text in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
