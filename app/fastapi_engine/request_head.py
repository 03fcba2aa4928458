"""Checks of a request's head that RFC 9112 requires and the parser does not make."""

import re

from httptools import HttpParserError, parse_url

Header = tuple[bytes, bytes]

_HOST = re.compile(rb"[A-Za-z0-9\-._~!$&'()*+,;=%\[\]:]*")
_WHITE_SPACE = (b" ", b"\t")
_VERSIONS = ("1.1", "1.0")


class BadHead(Exception):
    """The end of the request or its host is ambiguous. The request is refused and its connection closed."""

    def __init__(self, detail: str, status: int = 400) -> None:
        super().__init__(detail)
        self.status = status


def check_head(http_version: str, headers: list[Header]) -> None:
    """Checks the headers, and removes white space after their values (RFC 9112, section 5.1), which the parser keeps.

    Raises BadHead.
    """
    if http_version not in _VERSIONS:
        raise BadHead("The HTTP version must be 1.1 or 1.0")
    hosts = 0
    for place, (name, value) in enumerate(headers):
        if value.endswith(_WHITE_SPACE):
            value = value.rstrip(b" \t")
            headers[place] = name, value
        if name == b"host":
            hosts += 1
            if _HOST.fullmatch(value) is None:
                raise BadHead("The Host header is not valid")
        elif name == b"transfer-encoding" and (value.lower() != b"chunked" or http_version == "1.0"):
            raise BadHead("Transfer-Encoding must be 'chunked', and HTTP 1.0 does not support it")
    if hosts != 1 and (hosts or http_version == "1.1"):
        raise BadHead("A request must have exactly one Host header")


def take_absolute_form(target: bytes, headers: list[Header]) -> bytes:
    """Returns the path and the query of a target such as `http://host/path?query`. Its host replaces the `Host` header.

    Raises BadHead for a target of another form.
    """
    try:
        url = parse_url(target)
    except HttpParserError:
        raise BadHead("The request target is not valid") from None
    if url.schema is None or url.schema.lower() not in (b"http", b"https") or not url.host:
        raise BadHead("The request target must be a path or an http or https URL")
    host = b"[%b]" % url.host if b":" in url.host else url.host
    if url.port:
        host += b":%d" % url.port
    headers[:] = [(name, host if name == b"host" else value) for name, value in headers]
    path: bytes = url.path or b"/"
    return b"%b?%b" % (path, url.query) if url.query else path
