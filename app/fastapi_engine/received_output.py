"""How much of the output of a connection its client has received.

The transport does not know it: the kernel takes megabytes, and takes more only when a third of them was received.
"""

import socket
import struct
import sys
from asyncio import Transport

_BYTES_ACKED = struct.Struct("=120xQ")
"""Where Linux has `tcpi_bytes_acked` in its answer to TCP_INFO."""


def count_received(transport: Transport) -> int:
    """Returns the number of bytes that the client's system has acknowledged. 0 if this system does not count them."""
    connection = transport.get_extra_info("socket")
    if sys.platform != "linux" or connection is None:
        return 0
    try:
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES_ACKED.size)
    except OSError:
        # It has ended.
        return 0
    received: int = _BYTES_ACKED.unpack(info)[0]
    return received
