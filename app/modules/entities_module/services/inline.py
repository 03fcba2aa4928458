"""Rules of Markdown inside of paragraphs. They call the library's rules and note the places."""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from markdown_it.rules_inline import StateInline, autolink, backtick, emphasis, escape, link
from markdown_it.rules_inline.balance_pairs import link_pairs
from markdown_it.rules_inline.state_inline import Delimiter, Scanned

from app.modules.entities_module.services.spans import Span

_MARKERS = "*_~|`\\<[]"
MARKER = re.compile(f"[{re.escape(_MARKERS)}]")
"""A character that one of the rules may apply to."""
_PAIRS = {"~": "strike", "|": "spoiler"}
"""Characters of which two are on both sides of a text."""
_EMPHASIS = {"em_open": ("italic", 1), "strong_open": ("bold", 2)}


class _Marker:
    """The token of a marker, which may become emphasis. The library's class takes ten times as long to create."""

    type = "text"


_PENDING: Any = _Marker()


class _Inline(StateInline):
    """The state of one paragraph. `starts` has the place of each token, and `spans` what has been found.

    `whole` are the ranges that no marker may split: addresses and names after `@`.
    """

    # The text between tokens does not matter here, only whether there is some.
    pending = ""

    def __init__(self, parser: Any, content: str, whole: Sequence[Span]) -> None:
        super().__init__(content, parser, {}, [])
        self.starts: list[int] = []
        self.spans: list[Span] = []
        self.whole = {span.start: span for span in whole}
        self._stops = list(self.whole)

    def next_stop(self) -> int:
        """Returns the place of the next range that no marker may split."""
        index = bisect_right(self._stops, self.pos - 1)
        return min(self._stops[index], self.posMax) if index < len(self._stops) else self.posMax

    def append_pending(self, text: str) -> None:
        self.pending = text

    def pushPending(self) -> Any:  # noqa: N802
        self.starts.append(-1)
        self.tokens.append(_PENDING)
        self.pending = ""

    def push(self, ttype: str, tag: str, nesting: Any) -> Any:
        token = super().push(ttype, tag, nesting)
        self.starts.append(self.pos)
        return token

    def push_marker(self, place: int, marker: str, scanned: Scanned, length: int) -> None:
        if self.pending:
            self.pushPending()
        self.starts.append(place)
        self.delimiters.append(
            Delimiter(ord(marker), length, len(self.tokens), -1, scanned.can_open, scanned.can_close)
        )
        token: Any = _Marker()
        self.tokens.append(token)

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803
        src, end = self.src, start + 1
        marker = src[start]
        while end < self.posMax and src[end] == marker:
            end += 1
        before = src[start - 1] if start else " "
        after = src[end] if end < self.posMax else " "
        return _scan(before, marker, end - start, after, canSplitWord)


@lru_cache(maxsize=4096)
def _scan(before: str, marker: str, length: int, after: str, can_split_word: bool) -> Scanned:
    """Returns what the library says of a run of markers between two characters."""
    parser: Any = None
    return StateInline(before + marker * length + after, parser, {}, []).scanDelims(1, can_split_word)


def find_formatting(parser: Any, content: str, whole: Sequence[Span]) -> list[Span]:
    """Returns the formatting of a paragraph. `whole` are the ranges that no marker may split: addresses and names."""
    state = _Inline(parser, content, whole)
    parser.inline.tokenize(state)
    link_pairs(state)
    emphasis.postProcess(state)
    for delimiters in (state.delimiters, *(meta["delimiters"] for meta in state.tokens_meta if meta)):
        state.spans += _pairs_of(state, delimiters)
    return state.spans


def _pairs_of(state: _Inline, delimiters: Sequence[Delimiter]) -> list[Span]:
    spans = []
    for opening in delimiters:
        if opening.end < 0:
            continue
        start, end = state.starts[opening.token], state.starts[delimiters[opening.end].token]
        kind, width = _PAIRS.get(chr(opening.marker)), 2
        if kind is None:
            token = state.tokens[opening.token]
            if token.type not in _EMPHASIS:
                # The outer half of two asterisks.
                continue
            kind, width = _EMPHASIS[token.type]
            # The token is the inner one of the two.
            start -= width - 1
        spans.append(Span(kind, start + width, end, markers=((start, start + width), (end, end + width))))
    return spans


def _text(state: Any, silent: bool) -> bool:
    """Like the library's rule, but stops at the ranges that no marker may split."""
    stop = state.next_stop()
    found = MARKER.search(state.src, state.pos, stop)
    end = found.start() if found else stop
    if end == state.pos:
        return False
    if not silent:
        state.append_pending(state.src[state.pos : end])
    state.pos = end
    return True


def _whole(state: Any, silent: bool) -> bool:
    span = state.whole.get(state.pos)
    if span is None or span.end > state.posMax:
        return False
    if not silent:
        state.append_pending(state.src[span.start : span.end])
        if span.type and not state.linkLevel:
            state.spans.append(span)
    state.pos = span.end
    return True


def _code(state: Any, silent: bool) -> bool:
    start, tokens = state.pos, len(state.tokens)
    if not backtick(state, silent):
        return False
    if len(state.tokens) > tokens:
        width = len(state.tokens[-1].markup)
        inner = state.src[start + width : state.pos - width].replace("\n", " ")
        # One space on both sides separates a backtick of the code from the markers.
        width += inner.startswith(" ") and inner.endswith(" ") and inner.strip(" ") != ""
        content = start + width, state.pos - width
        state.spans.append(Span("code", *content, markers=((start, content[0]), (content[1], state.pos))))
    return True


def _link(state: Any, silent: bool) -> bool:
    start, tokens = state.pos, len(state.tokens)
    if not link(state, silent):
        return False
    if not silent:
        # Pending text comes first.
        opening = next(token for token in state.tokens[tokens:] if token.type == "link_open")
        label = start + 1, state.starts[-1]
        markers = (start, label[0]), (label[1], state.pos)
        if opening.attrs["href"]:
            state.spans.append(Span("link", *label, {"url": opening.attrs["href"]}, markers))
    return True


def _autolink(state: Any, silent: bool) -> bool:
    start, tokens = state.pos, len(state.tokens)
    if not autolink(state, silent):
        return False
    if not silent:
        opening = next(token for token in state.tokens[tokens:] if token.type == "link_open")
        markers = (start, start + 1), (state.pos - 1, state.pos)
        state.spans.append(Span("link", start + 1, state.pos - 1, {"url": opening.attrs["href"]}, markers))
    return True


def _escape(state: Any, silent: bool) -> bool:
    start, tokens = state.pos, len(state.tokens)
    if not escape(state, silent):
        return False
    if len(state.tokens) > tokens and state.tokens[-1].content != state.tokens[-1].markup:
        state.spans.append(Span("", start, start, markers=((start, start + 1),)))
    return True


def _pair(state: Any, silent: bool) -> bool:
    """Two characters on both sides. A run of another length is text."""
    marker = state.src[state.pos]
    if silent or marker not in _PAIRS:
        return False
    scanned = state.scanDelims(state.pos, True)
    if scanned.length == 2:
        state.push_marker(state.pos, marker, scanned, 0)
    else:
        state.append_pending(marker * scanned.length)
    state.pos += scanned.length
    return True


def _emphasis(state: Any, silent: bool) -> bool:
    """Like the library's rule: each character of a run is a token."""
    if silent:
        return False
    marker = state.src[state.pos]
    scanned = state.scanDelims(state.pos, marker == "*")
    for place in range(state.pos, state.pos + scanned.length):
        state.push_marker(place, marker, scanned, scanned.length)
    state.pos += scanned.length
    return True


_RULES: dict[str, Callable[[Any, bool], bool]] = {
    "\\": _escape,
    "`": _code,
    "~": _pair,
    "|": _pair,
    "*": _emphasis,
    "_": _emphasis,
    "[": _link,
    "<": _autolink,
}


def apply_rule(state: Any, silent: bool) -> bool:
    """Applies the one rule that the next character may have. To try all of them takes five times as long.

    It is in place of the library's rule for text, and of all others.
    """
    character = state.src[state.pos]
    if state.pos in state.whole:
        if _whole(state, silent):
            return True
    elif character not in _MARKERS:
        return _text(state, silent)
    rule = _RULES.get(character)
    return rule is not None and rule(state, silent)
