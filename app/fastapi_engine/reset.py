"""Ending a connection whose client takes nothing."""

import struct
from asyncio import Transport
from socket import SO_LINGER, SOL_SOCKET

_AT_ONCE = struct.pack("ii", 1, 0)


def reset(transport: Transport) -> None:
    """Ends a connection with what was not taken: the kernel would keep that, and offer it to the client on and on."""
    transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, _AT_ONCE)
    transport.abort()
