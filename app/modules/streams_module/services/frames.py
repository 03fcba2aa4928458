"""Events encoded as WebSocket frames: once, with the same bytes for all receivers."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from app.modules.streams_module.services.log import encode_time

_BEGINNING, _END = b'{"event":', b"}"
_LENGTH_SIZES = {126: 2, 127: 8}


class Frame(NamedTuple):
    """An event as a WebSocket message. `data` is the event's own JSON; `wire` is the whole frame as it is sent."""

    seq: int
    kind: str
    data: bytes
    wire: bytes

    @property
    def event(self) -> bytes:
        """The event's JSON alone, as long polling and server-sent events send it."""
        return payload_of(self.wire)[len(_BEGINNING) : -len(_END)]


def make_frame(stream_id: str, row: Any) -> Frame:
    return encode_event(stream_id, row["seq"], row["kind"], row["data"].encode(), encode_time(row["at"]))


def make_frames(stream_id: str, rows: Sequence[Any]) -> list[Frame]:
    return [make_frame(stream_id, row) for row in rows]


def encode_event(stream_id: str, seq: int, kind: str, data: bytes, at: str) -> Frame:
    """Encodes an event. `data` is JSON; `at` comes from `encode_time`."""
    before = f'{{"stream_id":"{stream_id}","seq":{seq},"kind":"{kind}","data":'.encode()
    return Frame(seq, kind, data, encode_text_frame(_BEGINNING, before, data, b',"at":"%b"}' % at.encode(), _END))


def encode_text_frame(*parts: bytes) -> bytes:
    """Encodes a server's unmasked, final text frame (RFC 6455, section 5.2) of a message in UTF-8."""
    payload = b"".join(parts)
    length = len(payload)
    if length < 126:
        return b"\x81" + length.to_bytes(1, "big") + payload
    if length < 65_536:
        return b"\x81\x7e" + length.to_bytes(2, "big") + payload
    return b"\x81\x7f" + length.to_bytes(8, "big") + payload


def payload_of(wire: bytes) -> bytes:
    """Returns the message in a frame of `encode_text_frame`."""
    return wire[2 + _LENGTH_SIZES.get(wire[1], 0) :]
