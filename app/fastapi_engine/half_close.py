"""The end of the output of a connection whose input is still read."""

from asyncio import Transport


def end_output(transport: Transport) -> bool:
    """Ends the output behind what was written. Returns False if the transport cannot do that.

    The client may have reset the connection without the event loop having noticed it yet.
    """
    if not transport.can_write_eof():
        return False
    try:
        transport.write_eof()
    except OSError:
        return False
    return True
