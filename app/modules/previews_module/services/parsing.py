"""Reads what a page says about itself: `<title>` and `<meta>` of its `<head>`."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from urllib.parse import urljoin, urlsplit

import webencodings
from lxml import etree

from app.modules.previews_module.db import PageDescription
from app.utils.texts import as_line, is_seen

MAX_TITLE = 200
MAX_DESCRIPTION = 500
_MAX_SCANNED = 10_000
"""Characters of a value that are looked at."""
_HTML = {"text/html", "application/xhtml+xml"}
_CHARSET = re.compile(r"charset\s*+=\s*+[\"']?+\s*+([\w.:-]++)", re.IGNORECASE)
_COMMENT = re.compile(r"<!(?=--).*?(?:-->|\Z)", re.DOTALL)
_META = re.compile(r"<meta[\s/][^>]*?" + _CHARSET.pattern, re.IGNORECASE)
_XML = re.compile(r"<\?xml[^>]*?\sencoding\s*+=\s*+[\"']([\w.:-]++)")
_PRESCANNED = 1024
"""Bytes in which a page may declare its encoding, as in the standard of HTML. No more of the header is read either."""
_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xfe\xff": "utf-16be", b"\xff\xfe": "utf-16le"}
_TITLES = ("og:title", "twitter:title")
_DESCRIPTIONS = ("og:description", "twitter:description", "description")
_SITE_NAMES = ("og:site_name",)
_IMAGES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
_MAX_IMAGE_URL = 2048


class _HeadEnded(Exception):
    """The rest of the page is not read."""


class _Head:
    """Receives the tags of a page from the parser, without a tree of them: its size and depth do not matter."""

    def __init__(self) -> None:
        self.title = ""
        self.values: dict[str, str] = {}
        self._titles = 0
        self._is_in_title = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "body":
            raise _HeadEnded
        if tag == "title":
            self._titles += 1
            self._is_in_title = self._titles == 1
        elif tag == "meta":
            name = attributes.get("property") or attributes.get("name") or ""
            self.values.setdefault(name.strip().lower(), attributes.get("content", ""))

    def end(self, tag: str) -> None:
        if tag == "title":
            self._is_in_title = False

    def data(self, text: str) -> None:
        if self._is_in_title and len(self.title) < _MAX_SCANNED:
            self.title += text

    def close(self) -> None:
        pass


def parse(body: bytes, content_type: str, url: str) -> PageDescription | None:
    """Returns the description of the HTML page at a URL. None for other types, and for a page without a title."""
    if content_type.partition(";")[0].strip().lower() not in _HTML:
        return None
    head = _Head()
    parser = etree.HTMLParser(target=head)
    with suppress(_HeadEnded, etree.LxmlError):
        parser.feed(decode(body, content_type))
        parser.close()
    title = _choose(head, _TITLES, MAX_TITLE) or _clean(head.title, MAX_TITLE)
    if title is None:
        return None
    description, site_name = _choose(head, _DESCRIPTIONS, MAX_DESCRIPTION), _choose(head, _SITE_NAMES, MAX_TITLE)
    return PageDescription(title, description, site_name, _find_image(head, url))


def decode(body: bytes, content_type: str) -> str:
    """Decodes a page by its byte order mark, the header, its `<meta>` or its `<?xml ?>`, else as UTF-8. Never fails."""
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    head = _COMMENT.sub("", body[:_PRESCANNED].decode("latin-1"))
    for is_header, found in (
        (True, _CHARSET.search(content_type[:_PRESCANNED])),
        (False, _META.search(head)),
        (False, _XML.match(head)),
    ):
        known = webencodings.lookup(found[1]) if found else None
        if known is not None:
            # A page that declares UTF-16 in its own bytes cannot be in UTF-16.
            is_possible = is_header or not known.name.startswith("utf-16")
            with suppress(LookupError):
                # Python has no codec for `x-user-defined` and `replacement`.
                return body.decode(known.codec_info.name if is_possible else "utf-8", "replace")
    return body.decode("utf-8", "replace")


def _choose(head: _Head, names: Sequence[str], limit: int) -> str | None:
    """Returns the first of these values that is visible."""
    cleaned = (_clean(head.values.get(name, ""), limit) for name in names)
    return next((value for value in cleaned if value is not None), None)


def _find_image(head: _Head, url: str) -> str | None:
    """Returns the absolute address of the page's image."""
    given = next((head.values[name].strip() for name in _IMAGES if head.values.get(name, "").strip()), None)
    if given is None or len(given) > _MAX_IMAGE_URL or not given.isprintable():
        return None
    with suppress(ValueError):
        image_url = urljoin(url, given)
        if urlsplit(image_url).scheme in ("http", "https") and len(image_url) <= _MAX_IMAGE_URL:
            return image_url
    return None


def _clean(value: str, limit: int) -> str | None:
    """Returns a value as one line of limited length. None if nothing of it is visible."""
    line = as_line(" ".join(value[:_MAX_SCANNED].split()))
    if not line or not is_seen(line):
        return None
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"
