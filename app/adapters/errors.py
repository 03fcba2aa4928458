"""The errors that adapters raise for databases, independent of the driver."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg


class TransientDatabaseError(Exception):
    """The database did not execute a statement, for a reason that may pass. The same request may succeed later.

    It is raised only where a connection is acquired or used.
    """


class DatabaseUnavailable(TransientDatabaseError):
    """The database cannot be reached, ended the connection, or is shutting down."""


class DatabaseReadOnly(DatabaseUnavailable):
    """The server accepts no writes: another one has become the primary. Its connections must not be used further."""


class DatabaseTimeout(DatabaseUnavailable):
    """The database did not answer within the timeout. The statement may or may not have been executed."""


class DatabaseBusy(TransientDatabaseError):
    """A lock, a deadlock, or the server's own timeout ended the statement. The connection is usable."""


class PoolExhausted(TransientDatabaseError):
    """All connections of this process are in use, or it cannot open more. The database itself may be available."""


DRIVER_ERRORS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TransientDatabaseError,
)
"""Everything that a statement may raise: errors of the server, and lost or silent connections."""

_UNAVAILABLE = (
    asyncpg.PostgresConnectionError,
    # A statement on a connection on which the server has just announced its end, and which is not closed yet.
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    # The database or role does not exist, or the password is wrong. An operator can correct it while the server runs.
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DiskFullError,
    OSError,
)
_BUSY = (
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
)
_ENDED = (asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, asyncpg.CrashShutdownError)
"""With these the server ends the connection, perhaps during a commit."""
_NO_DESCRIPTORS = {errno.EMFILE, errno.ENFILE}


def as_transient(error: BaseException, *, is_closed: bool = False) -> TransientDatabaseError | None:
    """Returns the transient error for an error of the driver; None if the statement itself is wrong.

    Call it only with errors of the driver: any other OSError would look like one of the database.
    """
    if isinstance(error, TransientDatabaseError):
        return error
    kind: type[TransientDatabaseError] | None = None
    if isinstance(error, TimeoutError):
        kind = DatabaseTimeout
    elif isinstance(error, asyncpg.ReadOnlySQLTransactionError):
        kind = DatabaseReadOnly
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


def may_have_run(error: BaseException) -> bool:
    """Returns False if the statement was certainly not executed: the server has said so, or has not got it."""
    cause = error.__cause__ if isinstance(error, TransientDatabaseError) else error
    if isinstance(cause, ValueError):
        # The driver could not encode an argument.
        return False
    return not isinstance(cause, asyncpg.PostgresError) or isinstance(cause, _ENDED)


@contextmanager
def driver_calls() -> Iterator[None]:
    """Raises TransientDatabaseError in place of a driver's transient errors. The block must call the driver only."""
    try:
        yield
    except DRIVER_ERRORS as error:
        raise as_transient(error, is_closed=True) or error from error
