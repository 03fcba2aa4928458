"""How much of the output of a connection its client has received.

The transport does not know it: the kernel takes megabytes, and takes more only when a third of them was received.
"""

import socket
import struct
import sys
from asyncio import Transport
from contextlib import suppress
from fcntl import ioctl
from termios import TIOCOUTQ

_BYTES_ACKED = struct.Struct("=120xQ")
"""Where Linux has `tcpi_bytes_acked` in its answer to TCP_INFO."""
_OUTPUT = struct.Struct("i")


def count_received(transport: Transport) -> int:
    """Returns the number of bytes that the client's system has acknowledged. 0 if this system does not count them."""
    connection = transport.get_extra_info("socket")
    if sys.platform != "linux" or connection is None:
        return 0
    try:
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES_ACKED.size)
    except (OSError, ValueError):
        # It has ended. The socket of uvloop has no descriptor then.
        return 0
    received: int = _BYTES_ACKED.unpack(info)[0]
    return received


def count_unread(transport: Transport) -> int:
    """Returns the number of bytes that were written and are not acknowledged, or less if this system does not count."""
    unread = transport.get_write_buffer_size()
    connection = transport.get_extra_info("socket")
    with suppress(OSError, ValueError):
        unread += _OUTPUT.unpack(ioctl(connection.fileno(), TIOCOUTQ, bytes(_OUTPUT.size)))[0]
    return unread
