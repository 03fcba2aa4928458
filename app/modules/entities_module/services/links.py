"""Links that are written as addresses."""

import re
from bisect import bisect_right
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

import idna
from linkify_it import LinkifyIt
from markdown_it.common.normalize_url import normalizeLink

from app.modules.entities_module.services.spans import Span
from app.utils.emoji import cover_emoji
from app.utils.punctuation import ENDS, OPENING_SIGNS, without_punctuation

SCHEMES = ("http://", "https://", "mailto:")
"""What the URL of a link begins with."""

MAX_LINKS = 50
"""In one message. Further addresses are text, other than those of links in Markdown."""
MAX_ADDRESSES = 2 * MAX_LINKS
"""Different ones in a message, with those of links in Markdown: to normalize one takes up to 80 µs."""
_LONGEST = 2048
"""Characters of an address."""
_MAX_PLUSES = 20
_AS_PUNCTUATION = str.maketrans(dict.fromkeys("=`$^~|", "*"))
# To the library an address with a scheme begins after punctuation. A Latin letter may belong to another scheme.
_RIGHT_BEFORE = re.compile(r"[+\x80-\U0010ffff](?=https?://)", re.IGNORECASE)
# Signs before an address. An underscore may begin a mail address.
_BEFORE = re.compile(rf"(?<!\S)[{re.escape(OPENING_SIGNS)}'*_]++(?:(?<!_)|(?=https?://|\S*_[^\w\s]*+(?!\S)))")
_UNDERSCORES_AFTER = re.compile(r"(?<!_)_++(?=[^\w\s]*+(?!\S))")
_TOO_LONG = re.compile(rf"\S{{{_LONGEST + 1},}}")
# Most URLs are normal already, and of most others only the host has to be looked at. The library takes 80 µs.
_NORMAL = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::[0-9]+)?(?:[/?#][A-Za-z0-9/?:@&=+,.\-_~!;$#]*)?")
_WITH_HOST = re.compile(
    r"(https?://(?=[^/?#]{1,255}(?:[/?#]|$))[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*)"
    r"((?::[0-9]+)?(?:[/?#](?:[^\s%\ud800-\udfff]|%[0-9A-Fa-f]{2})*)?)"
)
# The host ends where it does for the library.
_HOST = re.compile(r"((?:https?://|mailto:)(?:[^/?#]*@)?)([^\s/?#@:%;'\"`{}|\\^<>]+)")
_HOST_IN_ASCII = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?")
# A part of a text that may have an address. The library takes 0.5 µs for each character.
_WORD = re.compile(rf"(?<![^{ENDS}])[^{ENDS}.@/]*+[.@/][^{ENDS}]*")
_KEPT = ";/?:@&=+$,-_.!~*'()#%"
"""What the library does not encode."""

_linkify: Any = LinkifyIt({"ftp:": None, "//": None})
# It compiles its expressions at the first use, which takes 70 ms.
_linkify.match("http://a.bc mailto:a@b.cd")


class Addresses:
    """The addresses of one text. Each is normalized once."""

    def __init__(self) -> None:
        self._known: dict[str, str | None] = {}

    def normalize(self, url: str) -> str | None:
        """Returns a URL as `normalize` does. None also for an address after the first MAX_ADDRESSES."""
        if url in self._known:
            return self._known[url]
        if len(self._known) >= MAX_ADDRESSES or not url.lstrip()[:8].lower().startswith(SCHEMES):
            return None
        self._known[url] = normal = normalize(url)
        return normal


def find_links(text: str, addresses: Addresses, *, not_last: str = "") -> list[Span]:
    """Returns the links of a text, in order. None ends with punctuation or one of the characters `not_last`."""
    words = [(found.start(), found[0]) for found in _WORD.finditer(text)]
    simple = _simplify(" ".join([word for _, word in words]))
    links: list[Span] = []
    left, place = MAX_LINKS, 0
    for first in range(0, len(words), MAX_LINKS):
        # Where the words of a group begin in what the library is given, and how far from there they are in the text.
        starts, shifts, end = [], [], place
        for start, word in words[first : first + MAX_LINKS]:
            starts.append(end - place)
            shifts.append(start - (end - place))
            end += len(word) + 1
        for match in (_linkify.match(simple[place : end - 1]) or ())[:left]:
            left -= 1
            shift = shifts[bisect_right(starts, match.index) - 1]
            start = match.index + shift
            address = without_punctuation(text[start : match.last_index + shift], not_last)
            # The library puts the scheme before a bare domain or mail address.
            scheme = match.url[: len(match.url) - len(match.raw)]
            url = addresses.normalize(scheme + address)
            if url is not None:
                links.append(Span("link", start, start + len(address), {"url": url}))
        place = end
        if not left:
            break
    return links


def _simplify(text: str) -> str:
    """Returns a text of the same length for the library, whose time is quadratic otherwise.

    It takes symbols for letters of domains, and lets a domain begin after each. Punctuation may be in addresses, too.
    Of the signs before a mail address it knows only a parenthesis, and underscores beside an address make it text.
    """
    simple = _RIGHT_BEFORE.sub("*", cover_emoji(text.translate(_AS_PUNCTUATION)))
    simple = _BEFORE.sub(lambda found: "(" * len(found[0]), simple)
    simple = _UNDERSCORES_AFTER.sub(lambda found: "*" * len(found[0]), simple)
    if simple.count("+") > _MAX_PLUSES:
        # Mail addresses may have one.
        simple = simple.replace("+", "*")
    return _TOO_LONG.sub(lambda found: "\0" * len(found[0]), simple) if len(text) > _LONGEST else simple


def normalize(url: str) -> str | None:
    """Returns a URL in ASCII: the host in Punycode, the rest percent-encoded. None if links may not have it."""
    if _NORMAL.fullmatch(url):
        return url
    scheme, colon, rest = url.strip().partition(":")
    url = scheme.lower() + colon + rest
    try:
        named = _HOST.match(url)
        if named and not named[2].isascii():
            url = named[1] + _host_in_ascii(named[2]) + url[named.end() :]
        found = _WITH_HOST.fullmatch(url)
        if found:
            return found[1] + quote(found[2], safe=_KEPT)
        normal: str = normalizeLink(url)
        is_allowed = normal.startswith(SCHEMES) and bool(urlsplit(normal).netloc or urlsplit(normal).path)
    except ValueError:
        return None
    return normal if is_allowed and normal.isascii() else None


@lru_cache(maxsize=1024)
def _host_in_ascii(host: str) -> str:
    """Returns the host that browsers open: its characters are mapped by UTS 46 first. Raises ValueError."""
    labels = idna.uts46_remap(host, std3_rules=False).split(".")
    encoded = ".".join([each if each.isascii() else f"xn--{each.encode('punycode').decode()}" for each in labels])
    if not _HOST_IN_ASCII.fullmatch(encoded):
        raise ValueError
    return encoded


# The library reads its table at the first use.
_host_in_ascii("пример.рф")
