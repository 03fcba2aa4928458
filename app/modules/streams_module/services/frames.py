"""Events encoded as WebSocket frames: once, with the same bytes for all receivers."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from app.modules.streams_module.services.log import encode_time

_BEGINNING, _END = b'{"event":', b"}"
HIDDEN = "event.hidden"
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
    """Encodes an event of the log."""
    return encode_events(stream_id, row["seq"], row["kind"], [row["data"].encode()], encode_time(row["at"]))[0]


def make_frames(stream_id: str, rows: Sequence[Any]) -> list[Frame]:
    return [make_frame(stream_id, row) for row in rows]


def encode_events(stream_id: str, first_seq: int, kind: str, events: Sequence[bytes], at: str) -> list[Frame]:
    """Encodes events of one kind and time, given as JSON, with the numbers from `first_seq` on.

    `at` comes from `encode_time`.
    """
    before = b'%b{"stream_id":"%b","seq":' % (_BEGINNING, stream_id.encode())
    between, after = b',"kind":"%b","data":' % kind.encode(), b',"at":"%b"}%b' % (at.encode(), _END)
    return [
        Frame(seq, kind, data, encode_text_frame(before, b"%d" % seq, between, data, after))
        for seq, data in enumerate(events, first_seq)
    ]


def hide(frame: Frame) -> Frame:
    """Returns what a reader gets in place of an event that it may not see: its number and its time."""
    payload = payload_of(frame.wire)
    before, at = payload.partition(b',"kind":')[0], payload.rpartition(b',"at":')[2]
    wire = encode_text_frame(before, b',"kind":"%b","data":{},"at":' % HIDDEN.encode(), at)
    return Frame(frame.seq, HIDDEN, b"{}", wire)


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
