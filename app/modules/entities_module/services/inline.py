"""Rules of Markdown inside of paragraphs. They call the library's rules and note the places."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, autolink, backtick, emphasis, escape, link
from markdown_it.rules_inline.balance_pairs import link_pairs
from markdown_it.rules_inline.state_inline import Delimiter

from app.modules.entities_module.services.spans import Span

MARKER = re.compile(r"[*_~|`\\<\[\]]")
"""A character that one of the rules may apply to."""
PAIRS = {"~": "strike", "|": "spoiler"}
"""Characters of which two are on both sides of a text."""
_EMPHASIS = {"em_open": ("italic", 1), "strong_open": ("bold", 2)}


class _Inline(StateInline):
    """The state of one paragraph. `starts` has the place of each token, and `spans` what has been found.

    `whole` are the ranges that no marker may split: addresses and names after `@`.
    """

    def __init__(self, parser: MarkdownIt, content: str, whole: Sequence[Span]) -> None:
        super().__init__(content, parser, {}, [])
        self.starts: list[int] = []
        self.spans: list[Span] = []
        self.whole = {span.start: span for span in whole}
        self._stops = list(self.whole)
        self._run: tuple[str, int] = "", -1
        self._count = 0

    def next_stop(self) -> int:
        """Returns the place of the next range that no marker may split."""
        index = bisect_right(self._stops, self.pos - 1)
        return min(self._stops[index], self.posMax) if index < len(self._stops) else self.posMax

    def pushPending(self) -> Any:  # noqa: N802
        self.starts.append(-1)
        return super().pushPending()

    def push(self, ttype: str, tag: str, nesting: Any) -> Any:
        token = super().push(ttype, tag, nesting)
        # Each character of a run of emphasis is a token, while the position is that of the run.
        self._count = self._count + 1 if self._run == (ttype, self.pos) else 0
        self._run = ttype, self.pos
        self.starts.append(self.pos + self._count)
        return token


def find_formatting(parser: MarkdownIt, content: str, whole: Sequence[Span]) -> list[Span]:
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
        kind, width = PAIRS.get(chr(opening.marker)), 2
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
    found = state.md.inline.terminator_re.search(state.src, state.pos, stop)
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
    if silent or marker not in PAIRS:
        return False
    scanned = state.scanDelims(state.pos, True)
    if scanned.length == 2:
        state.push("text", "", 0).content = marker * 2
        state.delimiters.append(
            Delimiter(ord(marker), 0, len(state.tokens) - 1, -1, scanned.can_open, scanned.can_close)
        )
    else:
        state.append_pending(marker * scanned.length)
    state.pos += scanned.length
    return True


RULES: dict[str, Any] = {
    "text": _text,
    "escape": _escape,
    "backticks": _code,
    "strikethrough": _pair,
    "link": _link,
    "autolink": _autolink,
}
"""By the names of the library's rules in their place."""
KEEP_WHOLE = _whole
