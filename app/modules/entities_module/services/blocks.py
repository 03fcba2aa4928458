"""Rules of Markdown for blocks: fences, quotes and paragraphs.

They note places in the environment of the parser: `spans`, the lines of `paragraphs`, and the number of `blocks`.
"""

from typing import Any

from markdown_it.rules_block import StateBlock, blockquote, fence

from app.modules.entities_module.services.spans import Range, Span

MAX_BLOCKS = 100
"""Quotes and fences. What comes after them is text, too."""
_LANGUAGE = 32


def _fence(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    if state.env["blocks"] >= MAX_BLOCKS or not fence(state, first, last, silent):
        return False
    if not silent:
        state.env["blocks"] += 1
        token = state.tokens[-1]
        lines = token.content.count("\n") + (token.content != "" and not token.content.endswith("\n"))
        if token.content.strip():
            start, end = state.bMarks[first + 1], state.eMarks[first + lines]
            markers = [(state.bMarks[first], state.eMarks[first] + 1)]
            if first + lines + 1 < state.line:
                markers.append((end, state.eMarks[state.line - 1]))
            words = token.info.split()
            language = words[0] if words and len(words[0]) <= _LANGUAGE else None
            state.env["spans"].append(Span("pre", start, end, {"language": language}, tuple(markers)))
    return True


def _quote(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    if state.env["blocks"] >= MAX_BLOCKS or not blockquote(state, first, last, silent):
        return False
    if not silent:
        state.env["blocks"] += 1
        markers: list[Range] = []
        is_empty = True
        for line in range(first, state.line):
            start, end = state.bMarks[line], state.eMarks[line]
            place = start + state.tShift[line]
            # A line without the sign may continue the paragraph of the quote.
            if state.sCount[line] >= 0 and place < end and state.src[place] == ">":
                content = place + 1 + (state.src[place + 1 : place + 2] in (" ", "\t"))
                markers.append((start, min(content, end)))
                start = content
            is_empty = is_empty and not state.src[start:end].strip()
        if not is_empty:
            state.env["spans"].append(
                Span("quote", markers[0][1], state.eMarks[state.line - 1], markers=tuple(markers))
            )
    return True


def _paragraph(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    """Notes the lines up to an empty one or another block. The library's rule makes tokens of them."""
    ends = state.md.block.ruler.getRules("paragraph")
    line = first + 1
    while line < state.lineMax and not state.isEmpty(line):
        # A line of a quote without its sign was looked at when the quote began.
        if state.sCount[line] >= 0 and any(rule(state, line, state.lineMax, True) for rule in ends):
            break
        line += 1
    state.line = line
    state.env["paragraphs"].append([(state.bMarks[each], state.eMarks[each]) for each in range(first, line)])
    return True


RULES: dict[str, Any] = {"fence": _fence, "blockquote": _quote, "paragraph": _paragraph}
"""By the names of the library's rules in their place."""
