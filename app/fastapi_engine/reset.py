"""Resets a connection whose client reads nothing."""

import struct
from asyncio import Transport
from socket import SO_LINGER, SOL_SOCKET

_AT_ONCE = struct.pack("ii", 1, 0)


def reset(transport: Transport) -> None:
    """Ends a connection and drops its unread output, which the kernel would otherwise keep and send again."""
    transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, _AT_ONCE)
    transport.abort()
