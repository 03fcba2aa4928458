"""Finds the link of a message that is previewed."""

import re

_LINK = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_AFTER_LINKS = ".,;:!?'\"…»”’*_~`|"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_MAX_URL = 2048
_LONGEST = _MAX_URL + 100
"""With the punctuation after it."""


def find_link(text: str) -> str | None:
    """Returns the first link to a web page in a text, without the punctuation after it."""
    if "://" not in text:
        return None
    found = _LINK.search(text)
    if found is None or len(found[0]) > _LONGEST:
        return None
    url = found[0]
    while url[-1] in _AFTER_LINKS or (url[-1] in _PAIRS and url.count(url[-1]) > url.count(_PAIRS[url[-1]])):
        url = url[:-1]
    return url if len(url) <= _MAX_URL and len(url) > len("https://") else None
