"""Finds the link of a message that is previewed."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from app.utils.emoji import cover_emoji
from app.utils.punctuation import ENDS, without_punctuation

_LINK = re.compile(rf"(?<![A-Za-z0-9])https?://[^{ENDS}<>\"]+", re.IGNORECASE)
_ORIGIN = re.compile(r"https?://[^/?#*]+", re.IGNORECASE)
_NOT_LAST = "'*_~`|"
_MAX_URL = 2048
_LONGEST = _MAX_URL + 100
"""With the punctuation after it."""
_HIDDEN = {"code", "pre", "spoiler"}


def find_link(text: str, entities: Iterable[Mapping[str, Any]] = ()) -> str | None:
    """Returns the first link to a web page in a text, without the punctuation after it.

    `entities` are those of the message: an address in code is not a link, and one in a spoiler stays covered.
    """
    if "://" not in text:
        return None
    found = _LINK.search(_without_hidden(text, entities))
    if found is None:
        return None
    url = _before_unopened_bracket(found[0][: _LONGEST + 1])
    if len(url) > _LONGEST:
        return None
    origin = _ORIGIN.match(cover_emoji(url))
    if origin is None:
        return None
    if url[origin.end() : origin.end() + 1] not in ("", "/", "?", "#"):
        # The domain ends at an emoji.
        url = url[: origin.end()]
    url = without_punctuation(url, _NOT_LAST)
    return url if len(url) <= _MAX_URL and len(url) > len("https://") else None


def _before_unopened_bracket(url: str) -> str:
    """Returns the part of an address before the first `)` without its `(`: the bracket of Markdown or of the text."""
    depth = 0
    for place, sign in enumerate(url):
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return url[:place]
    return url


def _without_hidden(text: str, entities: Iterable[Mapping[str, Any]]) -> str:
    """Returns the text with spaces in place of code and spoilers."""
    hidden = [entity for entity in entities if entity["type"] in _HIDDEN]
    if not hidden:
        return text
    # Offsets count UTF-16 code units.
    units = bytearray(text.encode("utf-16-le"))
    for entity in hidden:
        start, length = 2 * entity["offset"], entity["length"]
        units[start : start + 2 * length] = " ".encode("utf-16-le") * length
    return units.decode("utf-16-le")
