"""Transactions of background work that PostgreSQL ends because they have no statement for too long."""

from time import monotonic

from app.adapters.errors import DatabaseUnavailable

IDLE_LIMIT = 8.0
"""Seconds without a statement after which PostgreSQL ends the transaction and its connection."""
_INACCURACY = 0.5


def find_idleness(error: Exception, since: float) -> TimeoutError | None:
    """Returns the reason why a transaction lost its connection, if the code that ran in it may have left it idle.

    `since`: when this code began, by the monotonic clock. The server says nothing to a client that does not ask, so an
    idle transaction looks like a server that has gone.
    """
    if type(error) is DatabaseUnavailable and monotonic() - since > IDLE_LIMIT - _INACCURACY:
        return TimeoutError(f"its transaction was idle for more than {IDLE_LIMIT:g} s")
    return None
