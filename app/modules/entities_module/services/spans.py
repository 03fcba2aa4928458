"""Ranges of a text that become entities, in code points."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

Range = tuple[int, int]

_NO_FIELDS: Mapping[str, Any] = {}


class Span(NamedTuple):
    """A range with its type. `markers` are the Markdown around it and inside it, which stays in the text.

    Without a `type` there are markers only: a backslash before another character.
    """

    type: str
    start: int
    end: int
    fields: Mapping[str, Any] = _NO_FIELDS
    markers: tuple[Range, ...] = ()


def merge(ranges: Iterable[Range]) -> list[Range]:
    """Returns the ranges in order. Those that overlap or touch are one."""
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def cover(text: str, ranges: Iterable[Range]) -> str:
    """Returns the text with each character of the ranges replaced by one that belongs to no word."""
    pieces: list[str] = []
    place = 0
    for start, end in merge(ranges):
        pieces += (text[place:start], "\0" * (end - start))
        place = end
    return "".join((*pieces, text[place:])) if pieces else text
