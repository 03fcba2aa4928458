"""Finds where each request of a stream of bytes ends, as RFC 9112 says. It shares no code with the server."""

import re
from dataclasses import dataclass, field
from enum import IntEnum

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_METHODS = (b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS")
_LINE = re.compile(rb"(" + _TOKEN + rb")([ \t]+)([^ \t\r\0]+)([ \t]+)HTTP/(\d)\.(\d)([ \t]*)")
_FIELD = re.compile(
    rb"(" + _TOKEN + rb"):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[ \t\x21-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*"
)
_HOST = re.compile(rb"[A-Za-z0-9\-._~!$&'()*+,;=%\[\]:]*")
_ABSOLUTE = re.compile(rb"https?://[A-Za-z0-9\-.]+(?::\d+)?(/[^?#]*)?(\?[^#]*)?", re.IGNORECASE)
_QUOTED = rb'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[\t -~\x80-\xff])*"'
_EXTENSION = re.compile(rb"(?:;" + _TOKEN + rb"(?:=(?:" + _TOKEN + rb"|" + _QUOTED + rb"))?)*")


class Ruling(IntEnum):
    """What a server has to do with a request."""

    SERVE = 0
    MAY_REFUSE = 1
    """The server may be lenient; then there is only one way to read it."""
    MUST_REFUSE = 2


@dataclass
class Request:
    """One request. `target` is its path and query."""

    method: bytes = b""
    target: bytes = b""
    body: bytes = b""
    ruling: Ruling = Ruling.SERVE
    is_whole: bool = False
    ends_connection: bool = False
    may_end_connection: bool = False
    fields: list[tuple[bytes, bytes]] = field(default_factory=list)

    def may_be_refused(self) -> None:
        self.ruling = max(self.ruling, Ruling.MAY_REFUSE)

    def values(self, name: bytes) -> list[bytes]:
        return [value for found, value in self.fields if found == name]


class _Incomplete(Exception):
    pass


class _Wrong(Exception):
    pass


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 0

    def line(self, request: Request, *, strict: bool = False) -> bytes:
        end = self.data.find(b"\n", self.place)
        if end < 0:
            if b"\0" in self.data[self.place :] or b"\r" in self.data[self.place : -1]:
                raise _Wrong
            raise _Incomplete
        line = self.data[self.place : end]
        self.place = end + 1
        if line.endswith(b"\r"):
            line = line[:-1]
        elif strict:
            raise _Wrong
        else:
            request.may_be_refused()
        if b"\r" in line or b"\0" in line:
            raise _Wrong
        return line

    def take(self, size: int) -> bytes:
        part = self.data[self.place : self.place + size]
        if len(part) < size:
            raise _Incomplete
        self.place += size
        return part


def split(data: bytes) -> list[Request]:
    """Returns the requests up to the first that is incomplete, must be refused, or ends the connection."""
    reader, requests = _Reader(data), list[Request]()
    while True:
        while reader.data[reader.place : reader.place + 1] in (b"\r", b"\n"):
            reader.place += 1
        if reader.place == len(data):
            return requests
        request = Request()
        requests.append(request)
        try:
            _read(reader, request)
        except _Incomplete:
            return requests
        except _Wrong:
            request.ruling = Ruling.MUST_REFUSE
            return requests
        request.is_whole = True
        if request.ruling is Ruling.MUST_REFUSE or request.ends_connection:
            return requests


def _read(reader: _Reader, request: Request) -> None:
    version = _read_line(reader, request)
    _read_fields(reader, request, request.fields)
    hosts = request.values(b"host")
    if len(hosts) > 1 or (not hosts and version != (1, 0)) or any(_HOST.fullmatch(host) is None for host in hosts):
        raise _Wrong
    options = [option.strip().lower() for value in request.values(b"connection") for option in value.split(b",")]
    if hosts in ([], [b""]) or len(request.values(b"expect")) > 1:
        request.may_be_refused()
    request.ends_connection = b"close" in options
    request.may_end_connection = version == (1, 0)
    codings = [coding.strip().lower() for value in request.values(b"transfer-encoding") for coding in value.split(b",")]
    lengths = {length.strip() for value in request.values(b"content-length") for length in value.split(b",")}
    if request.values(b"transfer-encoding"):
        if version == (1, 0) or codings[-1] != b"chunked" or codings.count(b"chunked") != 1:
            raise _Wrong
        if codings != [b"chunked"] or lengths:
            request.may_be_refused()
        request.ends_connection |= bool(lengths)
        request.body = _read_chunks(reader, request)
    elif lengths:
        if len(lengths) > 1 or not all(length.isdigit() for length in lengths):
            raise _Wrong
        (length,) = lengths
        if request.values(b"content-length") != [length] or len(length) > 18:
            request.may_be_refused()
        request.body = reader.take(int(length))


def _read_line(reader: _Reader, request: Request) -> tuple[int, int]:
    found = _LINE.fullmatch(reader.line(request))
    if found is None:
        raise _Wrong
    request.method, first, target, second, major, minor, rest = found.groups()
    version = (int(major), int(minor))
    if version[0] != 1:
        raise _Wrong
    if (
        (first, second, rest) != (b" ", b" ", b"")
        or version[1] > 1
        or not target.isascii()
        or b"#" in target
        or b"%00" in target
    ):
        request.may_be_refused()
    if request.method not in _METHODS:
        request.may_be_refused()
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is not None:
        target = (absolute[1] or b"/") + (absolute[2] or b"")
    elif not target.startswith(b"/"):
        request.may_be_refused()
    request.target = target.partition(b"#")[0]
    if request.method == b"CONNECT":
        raise _Wrong
    return version


def _read_fields(reader: _Reader, request: Request, fields: list[tuple[bytes, bytes]]) -> None:
    while line := reader.line(request):
        if line[:1] in (b" ", b"\t"):
            if not fields or _FIELD.fullmatch(b"x:" + line) is None:
                raise _Wrong
            request.may_be_refused()
            fields[-1] = (fields[-1][0], fields[-1][1] + b" " + line.strip(b" \t"))
            continue
        found = _FIELD.fullmatch(line)
        if found is None:
            raise _Wrong
        if b"\t" in line:
            # Whitespace here is permitted, and refused by many servers.
            request.may_be_refused()
        fields.append((found[1].lower(), found[2]))


def _read_chunks(reader: _Reader, request: Request) -> bytes:
    body = b""
    while True:
        line = reader.line(request, strict=True)
        digits = re.match(rb"[0-9A-Fa-f]+", line)
        if digits is None:
            raise _Wrong
        if len(digits[0]) > 15:
            request.may_be_refused()
        extension = line[digits.end() :]
        if extension.lstrip(b" \t")[:1] not in (b"", b";") or any(byte < 32 and byte != 9 for byte in extension):
            raise _Wrong
        if _EXTENSION.fullmatch(extension) is None:
            request.may_be_refused()
        size = int(digits[0], 16)
        if not size:
            break
        body += reader.take(size)
        if reader.take(1) != b"\r" or reader.take(1) != b"\n":
            raise _Wrong
    trailers: list[tuple[bytes, bytes]] = []
    _read_fields(reader, request, trailers)
    if {name for name, _ in trailers} & {b"content-length", b"transfer-encoding", b"host"}:
        request.may_be_refused()
    return body
