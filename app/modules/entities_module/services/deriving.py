"""The entities of a text: what `derive` computes, before mentions are resolved."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.modules.entities_module.services.links import Addresses, find_links
from app.modules.entities_module.services.markdown import parse
from app.modules.entities_module.services.names import find_command, find_mentions
from app.modules.entities_module.services.spans import Span, cover, merge
from app.modules.entities_module.services.units import units_of

MAX_ENTITIES = 500
"""Of one message, with the runs of markers. Formatting after them is text."""
_NO_MENTIONS = ("code", "pre", "link")


def derive_plain(text: str) -> Sequence[Mapping[str, Any]]:
    """Returns the entities of a plain text. Most texts have none, which is found out in less than a microsecond."""
    if "@" not in text and "/" not in text and not _has_dotted_letter(text):
        return []
    core, offset = _trim(text)
    links = find_links(core, Addresses())
    return _as_entities(text, offset, [*links, *_find_names(core, links)])


def _has_dotted_letter(text: str) -> bool:
    """Returns True if a letter follows a dot, as in a domain. A regular expression takes ten times as long."""
    place = text.find(".", 0, -1)
    while place >= 0 and not text[place + 1].isalpha():
        place = text.find(".", place + 1, -1)
    return place >= 0


def derive_markdown(text: str) -> Sequence[Mapping[str, Any]]:
    """Returns the entities of a text in Markdown."""
    core, offset = _trim(text)
    formatting = [span for span in parse(core) if span.start < span.end or not span.type]
    return _as_entities(text, offset, [*formatting, *_find_names(core, formatting)])


def _trim(text: str) -> tuple[str, int]:
    """Returns the text without white space around it, which may be longer than the text, and its place."""
    core = text.strip()
    return core, text.index(core)


def _find_names(text: str, spans: Sequence[Span]) -> list[Span]:
    """Returns mentions and the command. Code and links have none, and markers end a name."""
    ranges = [(span.start, span.end) for span in spans if span.type in _NO_MENTIONS]
    covered = cover(text, [*ranges, *(marker for span in spans for marker in span.markers)])
    return [*find_command(covered), *(find_mentions(covered) if "@" in covered else ())]


def _as_entities(text: str, offset: int, spans: list[Span]) -> Sequence[Mapping[str, Any]]:
    # Of two with the same range, the one with markers is around the other.
    spans.sort(key=lambda span: (span.start, -span.end, not span.markers))
    kept: list[Span] = []
    count = 0
    for span in spans:
        count += bool(span.type) + len(span.markers)
        if count > MAX_ENTITIES:
            break
        kept.append(span)
    units = units_of(text)
    runs = merge(marker for span in kept for marker in span.markers)
    found = [(span.type, span.start, span.end, span.fields) for span in kept if span.type]
    found += [("syntax", start, end, {}) for start, end in runs]
    entities = []
    for kind, start, end, fields in found:
        first = units(offset + start)
        entities.append({"type": kind, "offset": first, "length": units(offset + end) - first, **fields})
    return sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))
