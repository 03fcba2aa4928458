"""Events as they go out on sockets: made once, and the same bytes for everyone."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from app.modules.streams_module.services.log import encode_event

_BEGINNING = '{"event":'


class Frame(NamedTuple):
    """An event as a WebSocket message. `data` is the event's own JSON; `wire` is the whole frame as it is sent."""

    seq: int
    kind: str
    data: str
    text: str
    wire: bytes

    @property
    def event(self) -> str:
        """The event alone, as polls and server-sent events give it."""
        return self.text[len(_BEGINNING) : -1]


def make_frame(stream_id: str, row: Any) -> Frame:
    text = f"{_BEGINNING}{encode_event(stream_id, row)}}}"
    return Frame(row["seq"], row["kind"], row["data"], text, encode_text_frame(text))


def make_frames(stream_id: str, rows: Sequence[Any]) -> list[Frame]:
    return [make_frame(stream_id, row) for row in rows]


def encode_text_frame(text: str) -> bytes:
    """A server's unmasked, final text frame (RFC 6455, section 5.2)."""
    payload = text.encode()
    length = len(payload)
    if length < 126:
        return bytes((0x81, length)) + payload
    if length < 65_536:
        return b"\x81\x7e" + length.to_bytes(2, "big") + payload
    return b"\x81\x7f" + length.to_bytes(8, "big") + payload
