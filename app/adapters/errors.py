"""What the outside world can do to us: the errors that adapters raise, whatever the driver."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg


class TransientDatabaseError(Exception):
    """The database did not carry out a statement, for a reason that may pass: the same request may succeed later.

    It is raised where a connection is acquired or used, and nowhere else.
    """


class DatabaseUnavailable(TransientDatabaseError):
    """The database cannot be reached, ended the connection, or is shutting down."""


class DatabaseTimeout(DatabaseUnavailable):
    """The database did not answer within the timeout: whether it carried out the statement is unknown."""


class DatabaseBusy(TransientDatabaseError):
    """A lock, a deadlock, or the server's own timeout ended the statement. The connection is good."""


class PoolExhausted(TransientDatabaseError):
    """All connections of this process are in use, or it may open no more. The database may be well."""


DRIVER_ERRORS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TransientDatabaseError,
)
"""All that a statement may raise: what the server refuses, and a connection that is lost or does not answer in time."""

_UNAVAILABLE = (
    asyncpg.PostgresConnectionError,
    # A statement on a connection that has just received the server's goodbye, and is not closed yet.
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    # No such database or role, or another password: an operator corrects it while the server runs.
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DiskFullError,
    asyncpg.ReadOnlySQLTransactionError,
    OSError,
)
_BUSY = (
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
)
_NO_DESCRIPTORS = {errno.EMFILE, errno.ENFILE}


def as_transient(error: BaseException, *, is_closed: bool = False) -> TransientDatabaseError | None:
    """Returns what an error of the driver means, None where the statement itself is at fault.

    Call it only with errors of the driver: an OSError of anything else would look like one of the database.
    """
    if isinstance(error, TransientDatabaseError):
        return error
    kind: type[TransientDatabaseError] | None = None
    if isinstance(error, TimeoutError):
        kind = DatabaseTimeout
    elif isinstance(error, OSError) and error.errno in _NO_DESCRIPTORS:
        kind = PoolExhausted
    elif isinstance(error, _UNAVAILABLE) or (is_closed and isinstance(error, asyncpg.InterfaceError)):
        kind = DatabaseUnavailable
    elif isinstance(error, _BUSY):
        kind = DatabaseBusy
    if kind is None:
        return None
    transient = kind(f"{type(error).__name__}: {error}")
    transient.__cause__ = error
    return transient


@contextmanager
def driver_calls() -> Iterator[None]:
    """Around calls of the driver alone: raises TransientDatabaseError in place of what it means."""
    try:
        yield
    except DRIVER_ERRORS as error:
        raise as_transient(error, is_closed=True) or error from error
