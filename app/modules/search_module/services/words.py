"""The words of a text, and the lexemes that each of them is found by: the same for messages and for queries."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from Stemmer import Stemmer

from app.utils.folding import MARKS, SIGNS, char_class, fold_with_places

LONGEST_LEXEME = 64
"""Characters. Of a longer word the beginning is compared."""
LONGEST_KEY = LONGEST_LEXEME + 1
"""Characters of a word that its lexemes depend on. Caches by words of any length could fill the memory."""
_LONGEST_JOINED = 5
"""Parts of a word with hyphens that are found written together as well."""
GLUE = ("-", "'", "_")
"""What joins the parts of a word: it is found written together, too."""
STEM_END = "$"
"""Ends the lexeme of a stem. Other lexemes are words as they are written: prefixes find both kinds."""

# Scripts without spaces between words, and Hangul, whose words have endings: any two characters in a row are found.
_UNSPACED = (
    char_class([*range(0x0E01, 0x0E3B), *range(0x0E40, 0x0E4F), *range(0x0E81, 0x0EE0), *range(0x1000, 0x10A0)])
    + char_class([*range(0x1100, 0x1200), *range(0x1780, 0x17D4), *range(0x2E80, 0x2FE0), *range(0x3005, 0x3008)])
    + char_class([*range(0x3021, 0x302A), *range(0x3031, 0x3036), *range(0x3038, 0x303C), *range(0x3041, 0x30A0)])
    + char_class([*range(0x30A1, 0x30FB), *range(0x30FC, 0x3190), *range(0x31A0, 0x31C0), *range(0x31F0, 0x3200)])
    + char_class([*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000), *range(0xA960, 0xA980), *range(0xAC00, 0xD800)])
    + char_class([*range(0xF900, 0xFB00), *range(0x20000, 0x32400)])
)
_RUN = re.compile(rf"[^\W_]+(?:[{MARKS}]+[^\W_]*)*|[{SIGNS}]")
# The same for texts without marks, signs and other letters than these: most texts, at a third of the time.
_USUAL_RUN = re.compile("[0-9a-zа-я]+")
_UNUSUAL = re.compile("[^\\x00-\\x7fа-я«»—–“”„]")
_GLUED = re.compile("[0-9a-zа-я][-'_][0-9a-zа-я]")
_HAS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_PIECE = re.compile(f"[{_UNSPACED}](?:[{_UNSPACED}]|[{MARKS}])*|(?:(?![{_UNSPACED}]).)+", re.DOTALL)
RUSSIAN = re.compile("[а-я]+")
_ENGLISH = re.compile("[a-z]+")

_russian = Stemmer("russian").stemWord
_english = Stemmer("english").stemWord


class Word(NamedTuple):
    """A word, a sign, or a pair of characters of a script without spaces.

    `start` and `end` are its place in the text; `position` counts words; `lexemes` are all that it is found by. The
    parts of a word with hyphens are words of their own; the whole one is at the position of the first.
    """

    position: int
    start: int
    end: int
    lexemes: tuple[str, ...]


class Piece(NamedTuple):
    """A word without its lexemes: `glue` is the text between it and the one before."""

    start: int
    end: int
    glue: str
    is_unspaced: bool


def plain_words(folded: str) -> list[str] | None:
    """Returns the words of a folded text in which each run of characters is one, as in most texts. None for others.

    Long words are cut to the part that their lexemes depend on.
    """
    hyphen, apostrophe, underscore = GLUE
    is_glued = hyphen in folded or apostrophe in folded or underscore in folded
    if _UNUSUAL.search(folded) or (is_glued and _GLUED.search(folded)):
        return None
    words: list[str] = _USUAL_RUN.findall(folded)
    return words if len(folded) <= LONGEST_KEY else [word[:LONGEST_KEY] for word in words]


def words_of(folded: str) -> Iterator[Word]:
    """Yields the words of a folded text with their places in it."""
    return _words(folded, pieces_of(folded))


def words_in_place(text: str) -> Iterator[Word]:
    """Yields the words of a text with their places in that text, in code points."""
    folded = fold_with_places(text)
    for word in words_of(folded.text):
        start, end = folded.original(word.start, word.end)
        yield word._replace(start=start, end=end)


def pieces_of(folded: str) -> list[Piece]:
    """Returns the runs of characters that belong together."""
    pieces: list[Piece] = []
    after = 0
    is_usual = not _UNUSUAL.search(folded)
    is_spaced = is_usual or not _HAS_UNSPACED.search(folded)
    for run in (_USUAL_RUN if is_usual else _RUN).finditer(folded):
        start, end = run.span()
        if is_spaced or not _HAS_UNSPACED.search(folded, start, end):
            pieces.append(Piece(start, end, folded[after:start], is_unspaced=False))
            after = end
            continue
        for piece in _PIECE.finditer(folded, start, end):
            is_unspaced = _HAS_UNSPACED.match(folded, piece.start()) is not None
            pieces.append(Piece(piece.start(), piece.end(), folded[after : piece.start()], is_unspaced))
            after = piece.end()
    return pieces


def _words(folded: str, pieces: Sequence[Piece]) -> Iterator[Word]:
    position = 0
    group: list[Word] = []
    for piece in pieces:
        if group and (piece.is_unspaced or piece.glue not in GLUE):
            if len(group) > 1:
                yield from _joined(folded, group)
            group = []
        if piece.is_unspaced:
            for start, end in grams_of(piece.start, piece.end):
                position += 1
                yield Word(position, start, end, (folded[start:end],))
        else:
            position += 1
            word = Word(position, piece.start, piece.end, lexemes_of(folded[piece.start : piece.end]))
            group.append(word)
            yield word
    if len(group) > 1:
        yield from _joined(folded, group)


def _joined(folded: str, group: Sequence[Word]) -> Iterator[Word]:
    if len(group) <= _LONGEST_JOINED:
        whole = "".join(folded[word.start : word.end] for word in group)
        yield Word(group[0].position, group[0].start, group[-1].end, lexemes_of(whole))


def grams_of(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yields the pairs of characters in a range, and the last character alone."""
    for at in range(start, end):
        yield at, min(at + 2, end)


def lexemes_of(word: str) -> tuple[str, ...]:
    """Returns the lexemes of a folded word: its stem, and the word itself where it differs from the stem."""
    return _lexemes_of(word[:LONGEST_KEY])


@lru_cache(maxsize=20_000)
def _lexemes_of(word: str) -> tuple[str, ...]:
    stem = stem_of(word)
    if stem is None:
        return (word[:LONGEST_LEXEME],)
    return (stem + STEM_END,) if stem == word else (stem + STEM_END, word)


def stem_of(word: str) -> str | None:
    """Returns the stem of a Russian or English word, None for any other."""
    if len(word) > LONGEST_LEXEME:
        return None
    if RUSSIAN.fullmatch(word):
        return str(_russian(word))
    if _ENGLISH.fullmatch(word):
        return str(_english(word))
    return None


def lexemes_of_forms(word: str, forms: Iterable[str]) -> list[str]:
    """Returns the lexemes of those folded forms of a word that have another stem than the word itself.

    They are compared as they are written: short stems belong to other words as well (the one of `брать` is `брат`).
    """
    stem = stem_of(word)
    return sorted({exact_lexeme(form) for form in forms if stem_of(form) != stem})


def exact_lexeme(word: str) -> str:
    """Returns the lexeme that comes closest to the word as it is written."""
    return lexemes_of(word)[-1]
