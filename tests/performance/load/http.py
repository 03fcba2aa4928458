"""A minimal HTTP/1.1 client: one thread, sockets and prepared bytes.

Each connection has one request in flight. About 15 µs a request, most of it in the kernel."""

import json
import selectors
import socket
from collections import deque
from collections.abc import Callable, Sequence
from http.client import HTTPConnection
from itertools import count
from secrets import token_hex
from time import perf_counter
from typing import Any, Protocol

from tests.performance.outcome import Outcome

Address = tuple[str, int]
MakeRequest = Callable[[], bytes]
"""A function that returns the bytes of a connection's next request."""

TEXT = "Привет! Встречаемся в семь у входа, билеты у меня."
TIMEOUT = 30.0


class LoadError(Exception):
    """The server answered something unexpected."""


class _Connection:
    __slots__ = ("buffer", "make", "socket", "started")

    def __init__(self, address: Address, make: MakeRequest) -> None:
        self.socket = connect(address)
        self.make = make
        self.buffer = b""
        self.started = 0.0

    def send(self, began: float) -> None:
        self.started = began
        self.socket.sendall(self.make())

    def receive(self) -> bool:
        """Returns True if the answer is complete. Raises LoadError unless it is a success."""
        self.buffer += self.socket.recv(1 << 18)
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0:
            return False
        length = self.buffer[:head].lower().find(b"content-length: ")
        if length < 0:
            # In chunks, the last of which is empty. JSON contains no line break.
            is_complete = self.buffer.endswith(b"\r\n0\r\n\r\n")
        else:
            is_complete = len(self.buffer) >= head + 4 + int(self.buffer[length + 16 : self.buffer.find(b"\r", length)])
        if not is_complete:
            return False
        if self.buffer[9:10] != b"2":
            raise LoadError(self.buffer[:600].decode(errors="replace"))
        self.buffer = b""
        return True


def connect(address: Address) -> socket.socket:
    connection = socket.create_connection(address, timeout=TIMEOUT)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def get(address: Address, path: str, token: str = "") -> MakeRequest:
    request = _head("GET", address, path, token) + b"\r\n"
    return lambda: request


def post_messages(address: Address, path: str, token: str = "") -> MakeRequest:
    """Makes sends, with a `client_msg_id` each."""
    before = b'{"client_msg_id":"%s-' % uuid_start()
    after = f'","text":"{TEXT}"}}'.encode()
    head = _head("POST", address, path, token) + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (
        len(before) + 12 + len(after)
    )
    start = head + before
    numbers = count()
    return lambda: b"%b%012x%b" % (start, next(numbers), after)


def request(method: str, address: Address, path: str, body: bytes, token: str = "") -> bytes:
    """Returns a request with a body."""
    head = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    return _head(method, address, path, token) + head + body


def uuid_start() -> bytes:
    """Returns a random uuid without its last twelve digits."""
    digits = token_hex(10)
    return f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-8{digits[15:18]}".encode()


def _head(method: str, address: Address, path: str, token: str) -> bytes:
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"{method} {path} HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\n{authorization}".encode()


def run(address: Address, makers: Sequence[MakeRequest], seconds: float, rate: float | None = None) -> Outcome:
    """Runs one connection for each of `makers`, as fast as possible, or at `rate` requests a second in all.

    With a rate, latencies count from when a request was due: a stalling server is charged for all that it delays."""
    connections = [_Connection(address, make) for make in makers]
    selector = selectors.DefaultSelector()
    try:
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        if rate is None:
            return run_closed(selector, connections, seconds)
        return _run_paced(selector, connections, seconds, rate)
    finally:
        selector.close()
        for connection in connections:
            connection.socket.close()


class Sender(Protocol):
    """A connection that is registered with a selector, and sends one request after the other."""

    started: float

    def send(self, began: float) -> None: ...

    def receive(self) -> bool:
        """Returns True if the answer is complete."""


def run_closed(selector: selectors.BaseSelector, senders: Sequence[Sender], seconds: float) -> Outcome:
    """Lets each sender begin its next request when it has the answer to the one before."""
    latencies: list[float] = []
    began = perf_counter()
    end = began + seconds
    for sender in senders:
        sender.send(perf_counter())
    waiting = set(senders)
    while waiting:
        ready = selector.select(TIMEOUT)
        if not ready:
            raise LoadError(f"no answer within {TIMEOUT:.0f} s")
        for key, _ in ready:
            sender = key.data
            if sender.receive() and sender in waiting:
                now = perf_counter()
                if now < end:
                    latencies.append(now - sender.started)
                    sender.send(now)
                else:
                    waiting.discard(sender)
    return Outcome(len(latencies), seconds, latencies)


def _run_paced(
    selector: selectors.BaseSelector, connections: list[_Connection], seconds: float, rate: float
) -> Outcome:
    latencies: list[float] = []
    step = 1 / rate
    began = perf_counter()
    due, end = began, began + seconds
    # All are used in turn: the server closes one that sends no request for too long.
    free = deque(connections)
    starved = False
    while True:
        now = perf_counter()
        while free and due <= now and due < end:
            # A late timer is not the server's fault. A connection that was not free is.
            free.popleft().send(due if starved else now)
            due += step
        starved = not free
        if due >= end and len(free) == len(connections):
            break
        timeout = max(due - now, 0) if free and due < end else TIMEOUT
        for key, _ in selector.select(timeout):
            connection = key.data
            if connection.receive():
                latencies.append(perf_counter() - connection.started)
                free.append(connection)
    return Outcome(len(latencies), perf_counter() - began, latencies)


def ask(address: Address, method: str, path: str, body: Any = None, token: str = "") -> Any:
    """Makes one call for the preparation. Returns its JSON."""
    connection = HTTPConnection(*address, timeout=TIMEOUT)
    try:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = connection.getresponse()
        text = response.read().decode()
        if response.status >= 300:
            raise LoadError(f"{method} {path}: {response.status} {text[:600]}")
        return json.loads(text) if text else None
    finally:
        connection.close()
