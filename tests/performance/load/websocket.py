"""A minimal WebSocket client: prepared frames, and a parser that only finds where a frame ends."""

import json
import selectors
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from time import perf_counter
from typing import Any

from tests.performance.load.http import TEXT, TIMEOUT, Address, LoadError, connect, uuid_start
from tests.performance.outcome import Outcome

MakeFrame = Callable[[], bytes]


class Socket:
    """A connected WebSocket."""

    def __init__(self, address: Address, path: str, hello: dict[str, Any] | None = None) -> None:
        self.socket = connect(address)
        self.buffer = b""
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        if b" 101 " not in head:
            raise LoadError(head.decode())
        if hello is not None:
            self.socket.sendall(encode(json.dumps({"id": 0, "action": "hello", "data": hello}).encode()))
            reply = json.loads(self.next())
            if reply["status"] != "ok":
                raise LoadError(str(reply))

    def next(self) -> bytes:
        """Returns the next text frame; waits for it."""
        while True:
            for frame in self.frames():
                return frame
            self._more()

    def receive(self) -> Iterator[bytes]:
        """Yields the frames of the next bytes. Call it when the socket is readable."""
        self._more()
        return self.frames()

    def frames(self) -> Iterator[bytes]:
        """Yields the complete text frames in the buffer; answers pings."""
        buffer, place = self.buffer, 0
        try:
            for opcode, frame, end in frames_of(buffer):
                place = end
                if opcode == 8:
                    raise LoadError(f"closed: {frame!r}")
                if opcode == 9:
                    self.socket.sendall(bytes((0x8A, 0x80 | len(frame))) + b"\0\0\0\0" + frame)
                elif opcode == 1:
                    yield frame
        finally:
            self.buffer = buffer[place:]

    def close(self) -> None:
        self.socket.close()

    def _more(self) -> None:
        part = self.socket.recv(1 << 18)
        if not part:
            raise LoadError("the server closed the connection")
        self.buffer += part


def frames_of(buffer: bytes, place: int = 0) -> Iterator[tuple[int, bytes, int]]:
    """Yields the complete frames of a server: opcode, payload, and where the next one begins."""
    size = len(buffer)
    while size - place >= 2:
        length, start = buffer[place + 1], place + 2
        if length == 126:
            length, start = int.from_bytes(buffer[place + 2 : place + 4], "big"), place + 4
        elif length == 127:
            length, start = int.from_bytes(buffer[place + 2 : place + 10], "big"), place + 10
        if start + length > size:
            return
        opcode, place = buffer[place] & 15, start + length
        yield opcode, buffer[start:place], place


def encode(payload: bytes) -> bytes:
    """Returns a client's text frame. Its mask is zeros: that is valid, and leaves the payload as it is."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, 0x80 | size)) + b"\0\0\0\0" + payload
    return b"\x81\xfe" + size.to_bytes(2, "big") + b"\0\0\0\0" + payload


def send_frames(chat_id: str, text: str = TEXT) -> MakeFrame:
    """Makes sends to a chat, with a `client_msg_id` each."""
    start, numbers = uuid_start().decode(), count()

    def make() -> bytes:
        number = next(numbers)
        return encode(
            f'{{"id":{number},"action":"send","data":{{"chat_id":"{chat_id}",'
            f'"client_msg_id":"{start}-{number:012x}","text":"{text}"}}}}'.encode()
        )

    return make


class _Pipeline:
    """One socket that keeps a number of sends in flight."""

    __slots__ = ("acknowledged", "delivered", "make", "number", "socket", "started")

    def __init__(self, client: Socket, make: MakeFrame) -> None:
        self.socket = client
        self.make = make
        self.number = 0
        self.acknowledged = 0
        self.delivered = 0
        self.started: deque[float] = deque()

    def send(self, how_many: int, now: float) -> None:
        self.socket.socket.sendall(b"".join([self.make() for _ in range(how_many)]))
        self.number += how_many
        self.started.extend([now] * how_many)

    def receive(self) -> None:
        for frame in self.socket.receive():
            if frame.startswith(b'{"event"'):
                self.delivered += 1
            elif b'"status":"ok"' in frame[:60]:
                self.acknowledged += 1
            elif not frame.startswith(b'{"signal"'):
                raise LoadError(frame.decode())


def run_sends(
    clients: Sequence[tuple[Socket, MakeFrame]], in_flight: int, seconds: float, *, wait_for_events: bool
) -> Outcome:
    """Sends over each socket, `in_flight` at once. A send is done when it is acknowledged and, if requested, delivered
    back."""
    pipelines = [_Pipeline(client, make) for client, make in clients]
    latencies: list[float] = []
    selector = selectors.DefaultSelector()
    for pipeline in pipelines:
        selector.register(pipeline.socket.socket, selectors.EVENT_READ, pipeline)
    began = perf_counter()
    end = began + seconds
    counted = 0
    for pipeline in pipelines:
        pipeline.send(in_flight, began)
    # Until everything has come, so that nothing is left for the next round.
    while any(min(pipeline.acknowledged, pipeline.delivered) < pipeline.number for pipeline in pipelines):
        ready = selector.select(TIMEOUT)
        # Pings come even when nothing else does.
        if not ready or perf_counter() > end + TIMEOUT:
            raise LoadError("a message was acknowledged or delivered not at all")
        for key, _ in ready:
            pipeline = key.data
            pipeline.receive()
            now = perf_counter()
            complete = min(pipeline.acknowledged, pipeline.delivered) if wait_for_events else pipeline.acknowledged
            done = complete - (pipeline.number - len(pipeline.started))
            for _ in range(done):
                latency = now - pipeline.started.popleft()
                if now < end:
                    latencies.append(latency)
                    counted += 1
            if done and now < end:
                pipeline.send(done, now)
    selector.close()
    return Outcome(counted, seconds, latencies)


def run_fan_out(
    sender: Socket, make: MakeFrame, listeners: Sequence[Socket], in_flight: int, seconds: float
) -> Outcome:
    """Sends from one socket and counts what all listeners receive. A message is done when each of them has it."""
    selector = selectors.DefaultSelector()
    for place, listener in enumerate(listeners):
        selector.register(listener.socket, selectors.EVENT_READ, place)
    received = [0] * len(listeners)
    latencies: list[float] = []
    started: deque[float] = deque()
    lagging: dict[int, int] = {}
    number = total = 0
    began = perf_counter()
    end = began + seconds

    def send(how_many: int, now: float) -> None:
        nonlocal number
        sender.socket.sendall(b"".join([make() for _ in range(how_many)]))
        number += how_many
        started.extend([now] * how_many)

    send(in_flight, began)
    complete = 0
    while complete < number:
        ready = selector.select(TIMEOUT)
        if not ready or perf_counter() > end + TIMEOUT:
            raise LoadError(f"{complete} of {number} messages have reached everyone")
        for key, _ in ready:
            place = key.data
            for frame in listeners[place].receive():
                if frame.startswith(b'{"event"'):
                    received[place] += 1
                    lagging[received[place]] = lagging.get(received[place], 0) + 1
                    total += 1
        now = perf_counter()
        done = 0
        while lagging.get(complete + 1, 0) == len(listeners):
            complete += 1
            done += 1
            del lagging[complete]
            latency = now - started.popleft()
            if now < end:
                latencies.append(latency)
        if done and now < end:
            send(done, now)
    selector.close()
    return Outcome(total, perf_counter() - began, latencies)
