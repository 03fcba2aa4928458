"""One connection at a time that sends an input as fast as it can."""

import select
import socket
import time
from contextlib import suppress

from tests.performance.hostile.inputs import Input

_TICK = 0.005
"""Seconds."""
_TIMEOUT = 2.0
"""Seconds that the server may read nothing."""


def attack(host: str, port: int, what: Input) -> None:
    """Runs until the process is ended. A connection that the server closes is followed by the next one."""
    began, sent = time.monotonic(), 0
    while True:
        with suppress(OSError), socket.create_connection((host, port)) as connection:
            connection.setblocking(False)
            left = memoryview(what.begin + what.part)
            taken_at = time.monotonic()
            while time.monotonic() - taken_at < _TIMEOUT:
                allowed = int((time.monotonic() - began) * what.bytes_per_second) - sent
                if what.reads and select.select([connection], [], [], 0)[0] and not connection.recv(2**18):
                    break
                if allowed > 0 and select.select([], [connection], [], _TICK)[1]:
                    count = connection.send(left[:allowed])
                    sent += count
                    taken_at = time.monotonic()
                    left = left[count:] or memoryview(what.part)
                else:
                    time.sleep(_TICK)
        time.sleep(_TICK)
