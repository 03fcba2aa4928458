"""Streams of raw HTTP bytes as strategies: requests with one or two mistakes."""

from hypothesis import strategies as st

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
"""Looks like a request, but is the body of one."""
LAST = b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def _mostly(usual: bytes, *others: bytes, times: int = 12) -> st.SearchStrategy[bytes]:
    return st.integers(0, times + len(others)).map(lambda n: others[n - times - 1] if n > times else usual)


ends = _mostly(b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b"\0\r\n", times=80)
methods = st.sampled_from([b"GET", b"POST", b"PUT", b"DELETE", b"OPTIONS"]) | _mostly(
    b"PATCH", b"CONNECT", b"get", b"G@T", b"PRI", b""
)
targets = st.sampled_from([b"/a", b"/a/b?c=d", b"/"]) | _mostly(
    b"/a", b"http://x/a", b"HTTP://x:80/a?b", b"http://x", b"//a", b"*", b"a", b"/\xff", b"/a b", b"/a#b", b"/%00", b""
)
versions = _mostly(
    b"HTTP/1.1",
    b"HTTP/1.0",
    b"HTTP/1.2",
    b"HTTP/2.0",
    b"HTTP/0.9",
    b"http/1.1",
    b"HTTP/1.1 ",
    b"HTTP/11",
    b"",
    times=40,
)
spaces = _mostly(b" ", b"  ", b"\t", b"", b"\x0b", times=60)
hosts = _mostly(b"Host: x", b"", b"Host: x\r\nHost: x", b"Host: a/b", b"Host:", b"host : x", b"Host: x:80", times=40)
more_fields = st.sampled_from(
    [
        b"X: y",
        b"X:y \t",
        b"X:",
        b"X: a\r\n b",
        b"X: a\rb",
        b"X: a\nContent-Length: 5",
        b"X: a\0b",
        b"X: \x01",
        b"X: \xff",
        b" X: y",
        b"X : y",
        b"X",
        b": y",
        b"X y: z",
        b"X(: y",
        b"Content_Length: 5",
        b"Connection: close",
        b"Connection: keep-alive",
        b"Connection: Upgrade\r\nUpgrade: h2c",
        b"Connection: upgrade, HTTP2-Settings\r\nUpgrade: websocket, foo/2\r\nHTTP2-Settings: AAMAAABk",
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
        + b"A" * 22
        + b"==",
        b"Connection: content-length",
        b"Expect: 100-continue",
        b"Expect: nothing",
        b"Trailer: Content-Length",
        b"TE: trailers",
    ]
)
chunk_extensions = _mostly(
    b"", b";a", b";a=b", b';a="b\\"c"', b" ;a", b"; a = b", b";", b";;", b";a\n", b";a\rb", b";\0", b" ", b"x", times=40
)
chunk_ends = _mostly(b"\r\n", b"\n", b"\r", b"", b"x\r\n", times=60)
trailers = _mostly(
    b"",
    b"X: y\r\n",
    b"Content-Length: 9\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b" X: y\r\n",
    b"X\r\n",
    b"Host: y\r\n",
)
codings = _mostly(
    b"chunked",
    b"Chunked",
    b"chunked, chunked",
    b"gzip, chunked",
    b"chunked, gzip",
    b"identity",
    b"xchunked",
    b"\x0bchunked",
    b"chunked;a=b",
    b'"chunked"',
    b",chunked",
    b"\tchunked\t",
    b"",
    b"chunked\r\n ",
    b"chunked\r\nTransfer-Encoding: chunked",
    b"identity\r\nTransfer-Encoding: chunked",
    b"chunked\r\nTransfer-Encoding: identity",
    times=30,
)
contents = st.sampled_from([b"", b"a", SMUGGLED, b"\r\n" + SMUGGLED, b"0\r\n\r\n" + SMUGGLED, b"5\r\nhello\r\n"])


@st.composite
def _chunked(draw: st.DrawFn, content: bytes) -> bytes:
    cut = draw(st.integers(0, len(content)))
    parts = []
    for part in (content[:cut], content[cut:]):
        if part:
            size = draw(
                _mostly(b"%x", b"%X", b"0%x", b"0x%x", b"+%x", b"-%x", b" %x", b"%xg", b"%x " + b"0" * 20, times=40)
            )
            parts += [size % len(part), draw(chunk_extensions), draw(chunk_ends), part, draw(chunk_ends)]
    parts += [draw(_mostly(b"0", b"000", b"", b"0x0", times=60)), draw(chunk_extensions), draw(chunk_ends)]
    return b"".join([*parts, draw(trailers), draw(ends)])


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    line = [draw(methods), draw(spaces), draw(targets), draw(spaces), draw(versions)]
    fields, body = [draw(hosts)], b""
    content = draw(contents)
    size = b"%d" % len(content)
    match draw(st.integers(0, 9)):
        case 0 | 1:
            pass
        case 2 | 3 | 4:
            lengths = (
                b"+%b",
                b"-%b",
                b"%b, %b",
                b"0x%b",
                b"%b ",
                b"0%b",
                b"%b\r\nContent-Length: %b",
                b"%b0",
                b"",
                b"1_0",
            )
            length = draw(_mostly(b"%b", *lengths, times=20))
            fields.append(b"Content-Length: " + (length.replace(b"%b", size)))
            body = content
        case 5 | 6 | 7:
            name = draw(
                _mostly(b"Transfer-Encoding", b"transfer-encoding", b"Transfer-Encoding ", b"Transfer_Encoding")
            )
            fields.append(name + b": " + draw(codings))
            body = draw(_chunked(content))
        case 8:
            fields += draw(st.permutations([b"Content-Length: " + size, b"Transfer-Encoding: chunked"]))
            body = draw(_chunked(content))
        case _:
            body = content
    fields += draw(st.lists(more_fields, max_size=2))
    fields = [part for part in draw(st.permutations(fields)) if part]
    lines = [b"".join(line), *fields, b""]
    return b"".join(part for line_ in lines for part in (line_, draw(ends))) + body


streams = st.lists(requests(), min_size=1, max_size=3).map(lambda parts: b"".join(parts) + LAST)
cuts = st.lists(st.integers(0, 300), max_size=4)
