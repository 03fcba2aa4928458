"""A small subset of Markdown as ranges of the text. The library parses, the rules here note the places.

Blocks are fences and quotes. Inside of paragraphs there are emphasis, `~~strike~~`, `||spoiler||`, code, links and
backslashes. Headings, lists, tables, images, HTML and references are text.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

from markdown_it import MarkdownIt

from app.modules.entities_module.services import blocks, inline
from app.modules.entities_module.services.inline import MARKER, find_formatting
from app.modules.entities_module.services.links import Addresses, find_links
from app.modules.entities_module.services.names import NAME
from app.modules.entities_module.services.spans import Range, Span
from app.utils.emoji import cover_emoji

_MAX_NESTING = 10
"""Levels of quotes, and of brackets. What is deeper is text."""
MAX_MARKERS = 1000
"""Characters of a message that may be markers, outside of fences. The paragraph in which there are more is text, and so
are those after it: each marker takes up to 15 µs.
"""
_NOT_LAST = "*_~|`"


class _Parser(MarkdownIt):
    """The library's parser with these rules only."""

    def __init__(self) -> None:
        super().__init__("zero", {"maxNesting": _MAX_NESTING})
        ends: Any = {"alt": ["paragraph", "reference", "blockquote", "list"]}
        for name, rule in blocks.RULES.items():
            self.block.ruler.at(name, rule, ends if name != "paragraph" else None)
        self.inline.ruler.at("text", inline.apply_rule)
        self.enable([*blocks.RULES, "text"])


_PARSER = _Parser()


class _TextParser:
    """The parser as the rules inside of paragraphs see it, with the addresses of one text."""

    def __init__(self, addresses: Addresses) -> None:
        self.inline, self.helpers, self.options = _PARSER.inline, _PARSER.helpers, _PARSER.options
        self._addresses = addresses

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        return self._addresses.normalize(url) or ""

    def validateLink(self, url: str) -> bool:  # noqa: N802
        return bool(url)

    def normalizeLinkText(self, url: str) -> str:  # noqa: N802
        return url


def parse(text: str) -> list[Span]:
    """Returns the formatting and the links of a text, in no order."""
    spans: list[Span] = []
    paragraphs: list[Sequence[Range]] = []
    # Of the same length, so that places stay.
    text = text.replace("\r\n", " \n").replace("\r", "\n") if "\r" in text else text
    _PARSER.block.parse(text, _PARSER, {"spans": spans, "paragraphs": paragraphs, "blocks": 0}, [])
    addresses = Addresses()
    parser = _TextParser(addresses)
    whole = _find_whole(text, addresses)
    starts = [span.start for span in whole]
    count = 0
    for lines in paragraphs:
        own = whole[bisect_left(starts, lines[0][0]) : bisect_left(starts, lines[-1][1])]
        content = "\n".join([text[start:end] for start, end in lines])
        count += len(MARKER.findall(content))
        if count <= MAX_MARKERS and MARKER.search(content):
            spans += _parse_paragraph(parser, content, lines, own)
        else:
            spans += [span for span in own if span.type]
    return spans


def _find_whole(text: str, addresses: Addresses) -> list[Span]:
    """Returns the ranges that no marker may split, in order: addresses, and names without a type."""
    found = {}
    if "@" in text:
        for name in NAME.finditer(cover_emoji(text)):
            found[name.start()] = Span("", name.start(), name.start() + len(name[0].rstrip("_.")))
    if "@" in text or "." in text or "/" in text:
        links = find_links(text, addresses, not_last=_NOT_LAST)
        found |= {link.start: link for link in links}
    return [found[start] for start in sorted(found)]


def _parse_paragraph(
    parser: _TextParser, content: str, lines: Sequence[Range], whole: Sequence[Span]
) -> Iterator[Span]:
    """`content` are the lines without the signs of quotes."""
    starts = [0]
    for start, end in lines:
        starts.append(starts[-1] + end - start + 1)
    begins = [start for start, _ in lines]
    is_one_line = len(lines) == 1

    def place_in_content(place: int) -> int:
        line = bisect_right(begins, place) - 1
        return starts[line] + place - begins[line]

    def range_in_text(start: int, end: int) -> Range:
        if is_one_line:
            return begins[0] + start, begins[0] + end
        first = bisect_right(starts, start) - 1
        last = bisect_right(starts, max(end - 1, start)) - 1
        return begins[first] + start - starts[first], begins[last] + end - starts[last]

    moved = [span._replace(start=place_in_content(span.start), end=place_in_content(span.end)) for span in whole]
    found = find_formatting(parser, content, moved)
    if is_one_line and begins[0] == 0:
        yield from found
        return
    for kind, start, end, fields, markers in found:
        yield Span(kind, *range_in_text(start, end), fields, tuple([range_in_text(*marker) for marker in markers]))
