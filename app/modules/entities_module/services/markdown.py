"""A small subset of Markdown as ranges of the text. The library parses, the rules here note the places.

Blocks are fences and quotes. Inside of paragraphs there are emphasis, `~~strike~~`, `||spoiler||`, code, links and
backslashes. Headings, lists, tables, images, HTML and references are text.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt

from app.modules.entities_module.services import blocks, inline
from app.modules.entities_module.services.inline import MARKER, find_formatting
from app.modules.entities_module.services.links import find_links, normalize
from app.modules.entities_module.services.names import NAME
from app.modules.entities_module.services.spans import Range, Span

MAX_NESTING = 10
"""Levels of quotes, and of brackets. What is deeper is text."""
MAX_MARKERS = 1000
"""Characters of a message that may be markers, outside of fences. The paragraph in which there are more is text, and so
are those after it: each marker takes up to 15 µs.
"""
_NOT_LAST = "*_~|`"


class _Parser(MarkdownIt):
    """The library's parser with these rules only."""

    def __init__(self) -> None:
        super().__init__("zero", {"maxNesting": MAX_NESTING})
        ends: Any = {"alt": ["paragraph", "reference", "blockquote", "list"]}
        for name, rule in blocks.RULES.items():
            self.block.ruler.at(name, rule, ends if name != "paragraph" else None)
        for name, rule in inline.RULES.items():
            self.inline.ruler.at(name, rule)
        self.inline.ruler.after("text", "whole", inline.KEEP_WHOLE)
        self.enable(["emphasis", *blocks.RULES, *inline.RULES])
        self.inline.terminator_re = MARKER

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        return normalize(url) or ""

    def validateLink(self, url: str) -> bool:  # noqa: N802
        return bool(url)


_PARSER = _Parser()


def parse(text: str) -> list[Span]:
    """Returns the formatting and the links of a text, in no order."""
    spans: list[Span] = []
    paragraphs: list[Sequence[Range]] = []
    # Of the same length, so that places stay.
    text = text.replace("\r\n", " \n").replace("\r", "\n") if "\r" in text else text
    _PARSER.block.parse(text, _PARSER, {"spans": spans, "paragraphs": paragraphs, "blocks": 0}, [])
    whole = _find_whole(text)
    starts = [span.start for span in whole]
    count = 0
    for lines in paragraphs:
        own = whole[bisect_left(starts, lines[0][0]) : bisect_left(starts, lines[-1][1])]
        content = "\n".join([text[start:end] for start, end in lines])
        count += len(MARKER.findall(content))
        if count <= MAX_MARKERS and MARKER.search(content):
            spans += _parse_paragraph(content, lines, own)
        else:
            spans += [span for span in own if span.type]
    return spans


def _find_whole(text: str) -> list[Span]:
    """Returns the ranges that no marker may split, in order: addresses, and names without a type."""
    found = {}
    if "@" in text:
        for name in NAME.finditer(text):
            found[name.start()] = Span("", name.start(), name.start() + len(name[0].rstrip("_.")))
    if "@" in text or "." in text or "/" in text:
        links = find_links(text, not_last=_NOT_LAST)
        found |= {link.start: link for link in links}
    return [found[start] for start in sorted(found)]


def _parse_paragraph(content: str, lines: Sequence[Range], whole: Sequence[Span]) -> list[Span]:
    """`content` are the lines without the signs of quotes."""
    starts = [0]
    for start, end in lines:
        starts.append(starts[-1] + end - start + 1)
    begins = [start for start, _ in lines]

    def place_in_content(place: int) -> int:
        line = bisect_right(begins, place) - 1
        return starts[line] + place - begins[line]

    def range_in_text(start: int, end: int) -> Range:
        first = bisect_right(starts, start) - 1
        last = bisect_right(starts, max(end - 1, start)) - 1
        return begins[first] + start - starts[first], begins[last] + end - starts[last]

    moved = [span._replace(start=place_in_content(span.start), end=place_in_content(span.end)) for span in whole]
    return [
        Span(
            span.type,
            *range_in_text(span.start, span.end),
            span.fields,
            tuple(range_in_text(*marker) for marker in span.markers),
        )
        for span in find_formatting(_PARSER, content, moved)
    ]
