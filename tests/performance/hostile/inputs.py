"""Inputs of a client without an account that cost more than they seem to."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

from websockets.frames import Frame, Opcode

API = "/api/v1"
_MIB = 2**20
_HANDSHAKE = (
    f"GET {API}/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
).encode()


@dataclass(frozen=True, slots=True)
class Input:
    """A connection that sends `begin` first, and then `part` again and again, until the server closes it."""

    name: str
    begin: bytes
    part: bytes
    reads: bool = True
    bytes_per_second: int = 1_000_000


def all_inputs() -> Iterator[Input]:
    yield from _frames()
    yield from _first_frames()
    yield from _requests()


def _frame(opcode: Opcode, data: bytes = b"", *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin=fin).serialize(mask=True)


def _frames() -> Iterator[Input]:
    beginning = _HANDSHAKE + _frame(Opcode.TEXT, fin=False)
    yield Input("pings of 6 bytes", _HANDSHAKE, _frame(Opcode.PING) * 100)
    yield Input("pings whose pongs are not read", _HANDSHAKE, _frame(Opcode.PING, b"x" * 125) * 100, reads=False)
    yield Input("pongs", _HANDSHAKE, _frame(Opcode.PONG) * 100)
    yield Input("empty fragments", beginning, _frame(Opcode.CONT, fin=False) * 100)
    yield Input("fragments of one byte", beginning, _frame(Opcode.CONT, b"a", fin=False) * 100)
    yield Input("fragments of 256 bytes", beginning, _frame(Opcode.CONT, b"a" * 256, fin=False) * 100)
    yield Input("empty texts", _HANDSHAKE, _frame(Opcode.TEXT) * 100)
    yield Input("malformed frames", _HANDSHAKE, b"\xff\xff" * 100)
    yield Input("a frame that comes byte by byte", _HANDSHAKE, b"\x81", bytes_per_second=2_000)
    yield Input("handshakes in a row", b"", _HANDSHAKE + _frame(Opcode.CLOSE))


def _first_frames() -> Iterator[Input]:
    def hello(**data: object) -> bytes:
        text = json.dumps({"id": 1, "action": "hello", "data": {"token": "a", **data}})
        return _frame(Opcode.TEXT, text.encode()[:_MIB])

    keys = {f"{number:x}": 1 for number in range(80_000)}
    yield Input("a first frame of 1 MiB", _HANDSHAKE, hello(token="a" * 1_000_000))
    yield Input("a first frame of unknown keys", _HANDSHAKE, hello(**keys))
    yield Input("a first frame of bad cursor keys", _HANDSHAKE, hello(cursors=keys))
    yield Input("20,000 cursors", _HANDSHAKE, hello(cursors={str(uuid4()): 1 for _ in range(20_000)}))
    yield Input("a first frame of brackets", _HANDSHAKE, _frame(Opcode.TEXT, b"[" * _MIB))
    yield Input("a first frame of escapes", _HANDSHAKE, _frame(Opcode.TEXT, b'{"a":"' + b"\\ud800" * 170_000 + b'"}'))


def _requests() -> Iterator[Input]:
    def post(path: str, body: bytes, kind: str = "application/json") -> bytes:
        head = f"POST {API}{path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    def keys(size: int) -> bytes:
        return json.dumps({f"{number:x}": 1 for number in range(size // 10)}).encode()

    form = "application/x-www-form-urlencoded"
    get = b"GET /api/v1/nothing HTTP/1.1\r\nHost: x\r\n"
    chunked = f"POST {API}/accounts/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n".encode()
    yield Input("a body of unknown keys, 16 KiB", b"", post("/accounts/sign-in", keys(16_000)))
    yield Input("a body of unknown keys, 1 MiB", b"", post("/accounts/sign-in", keys(_MIB)))
    yield Input("a form of &, 16 KiB", b"", post("/accounts/token", b"&" * 16_000, form))
    yield Input("a form of &, 1 MiB", b"", post("/accounts/token", b"&" * _MIB, form))
    yield Input("a body of brackets", b"", post("/accounts/sign-in", b"[" * 16_000))
    yield Input("small requests that are not valid", b"", post("/accounts/sign-in", b"{}"))
    yield Input("a message without a token", b"", post(f"/chats/{uuid4()}/messages", keys(16_000)))
    yield Input("requests of 100 headers", b"", get + b"".join(b"X-%d: 1\r\n" % n for n in range(100)) + b"\r\n")
    yield Input("a header of 60 KB", b"", get + b"X: " + b"a" * 60_000 + b"\r\n\r\n")
    yield Input("small requests", b"", get + b"\r\n")
    yield Input("answers that are not read", b"", b"GET /docs HTTP/1.1\r\nHost: x\r\n\r\n", reads=False)
    yield Input("chunks of one byte", chunked + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 100)
    yield Input("a slow body", chunked + b"Content-Length: 16000\r\n\r\n", b"x", bytes_per_second=500)
    yield Input("malformed requests", b"", b"\x00\r\n\r\n")
    yield Input("a request line without an end", b"GET /", b"a" * 1_000)
