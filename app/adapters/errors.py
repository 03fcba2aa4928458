"""What the outside world can do to us: the errors that adapters raise, whatever the driver."""

import asyncio

import asyncpg
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""All that a statement may raise: what the server refuses, and a connection that is lost or does not answer in time."""

_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # A statement on a connection that has just heard that the server ends it, and has not ended yet.
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    # No such database or role, or not this password: what a person mends while the server runs.
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.DiskFullError,
    asyncpg.ReadOnlySQLTransactionError,
    ConnectionError,
    OSError,
    asyncio.TimeoutError,
    PoolTimeoutError,
)


def is_database_away(error: BaseException) -> bool:
    """Whether the same request may go through later: no connection, no answer in time, a lock that was not granted."""
    driver_error = _driver_error(error)
    return isinstance(error, _AWAY) or isinstance(driver_error, _AWAY)


def violated_constraint(error: BaseException) -> str | None:
    """The name of the constraint that a statement violated, None for any other error."""
    driver_error = _driver_error(error)
    if isinstance(driver_error, asyncpg.IntegrityConstraintViolationError):
        return driver_error.constraint_name or ""
    return "" if isinstance(error, IntegrityError) else None


def _driver_error(error: BaseException) -> BaseException:
    """asyncpg's own error behind SQLAlchemy's two layers."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig.__cause__ or error.orig
    return error
