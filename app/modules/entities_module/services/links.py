"""Links that are written as addresses."""

import re
from typing import Any
from urllib.parse import urlsplit

from linkify_it import LinkifyIt
from markdown_it.common.normalize_url import normalizeLink

from app.modules.entities_module.services.spans import Span
from app.utils.emoji import cover_emoji

SCHEMES = ("http://", "https://", "mailto:")
"""What the URL of a link begins with."""

MAX_LINKS = 100
"""In one message. Further addresses are text: one with letters of other scripts takes 80 µs."""
_LONGEST = 2048
"""Characters of an address."""
_MAX_PLUSES = 20
_AS_PUNCTUATION = str.maketrans(dict.fromkeys("=`$^~|", "*"))
_TOO_LONG = re.compile(rf"\S{{{_LONGEST + 1},}}")
# Most URLs are normal already. To find that out takes the library 80 µs.
_NORMAL = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::[0-9]+)?(?:[/?#][A-Za-z0-9/?:@&=+,.\-_~!;$#]*)?")

_linkify: Any = LinkifyIt({"ftp:": None, "//": None})
# It compiles its expressions at the first use, which takes 70 ms.
_linkify.match("http://a.bc mailto:a@b.cd")


def find_links(text: str, *, not_last: str = "") -> list[Span]:
    """Returns the links of a text, in order. A link does not end with one of the characters `not_last`."""
    links = []
    for match in (_linkify.match(_simplify(text)) or ())[:MAX_LINKS]:
        start = match.index
        address = text[start : match.last_index].rstrip(not_last)
        # The library puts the scheme before a bare domain or mail address.
        scheme = match.url[: len(match.url) - len(match.raw)]
        url = normalize(scheme + address)
        if url is not None:
            links.append(Span("link", start, start + len(address), {"url": url}))
    return links


def _simplify(text: str) -> str:
    """Returns a text of the same length for the library, whose time is quadratic otherwise.

    It takes symbols for letters of domains, and lets a domain begin after each. Punctuation may be in addresses, too.
    """
    simple = cover_emoji(text.translate(_AS_PUNCTUATION))
    if simple.count("+") > _MAX_PLUSES:
        # Mail addresses may have one.
        simple = simple.replace("+", "*")
    return _TOO_LONG.sub(lambda found: "\0" * len(found[0]), simple) if len(text) > _LONGEST else simple


def normalize(url: str) -> str | None:
    """Returns a URL in ASCII: the host in Punycode, the rest percent-encoded. None if links may not have it."""
    if _NORMAL.fullmatch(url):
        return url
    try:
        normal: str = normalizeLink(url)
        is_allowed = normal.lower().startswith(SCHEMES) and bool(urlsplit(normal).netloc or urlsplit(normal).path)
    except ValueError:
        return None
    return normal if is_allowed and normal.isascii() else None
