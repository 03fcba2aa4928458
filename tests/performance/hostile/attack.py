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


def attack(host: str, port: int, attack_input: Input) -> None:
    """Runs until the process is ended. A connection that the server closes is followed by the next one."""
    began, sent = time.monotonic(), 0
    while True:
        with suppress(OSError), socket.create_connection((host, port)) as connection:
            connection.setblocking(False)
            unsent = memoryview(attack_input.begin + attack_input.part)
            taken_at = time.monotonic()
            while time.monotonic() - taken_at < _TIMEOUT:
                allowed = int((time.monotonic() - began) * attack_input.bytes_per_second) - sent
                if attack_input.reads and select.select([connection], [], [], 0)[0] and not connection.recv(2**18):
                    break
                if allowed > 0 and select.select([], [connection], [], _TICK)[1]:
                    count = connection.send(unsent[:allowed])
                    sent += count
                    taken_at = time.monotonic()
                    unsent = unsent[count:] or memoryview(attack_input.part)
                else:
                    time.sleep(_TICK)
        time.sleep(_TICK)
