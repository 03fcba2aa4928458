"""Explains to an operator why a database cannot be used."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import asyncpg

from app.adapters.db.address import DatabaseAddress
from app.adapters.errors import TransientDatabaseError


class DatabaseNotReady(Exception):
    """The database cannot be used as it is. The message is one line."""


class Diagnosis(NamedTuple):
    """What is wrong with a database, and what to do.

    `reason` names no address, role or database; `advice` and `details` do. A permanent problem lasts until an operator
    changes something.
    """

    reason: str
    details: str
    advice: str
    is_permanent: bool = False

    def __str__(self) -> str:
        return f"{self.reason} ({self.details}): {self.advice}"


def diagnose(error: BaseException, address: DatabaseAddress) -> Diagnosis | None:
    """Returns what an error of the driver says about the database; None if another component raised it."""
    cause = _driver_error(error)
    # A violated constraint does not mean that something is wrong with the database.
    if cause is None or isinstance(cause, asyncpg.IntegrityConstraintViolationError):
        return None
    details = f"{address}: {cause or type(cause).__name__}"
    name, role = f'"{address.database}"', f'"{address.user}"'
    match cause:
        case TimeoutError():
            details = f"{address}: no answer in time"
            return Diagnosis("the server does not answer", details, "check that it is running and reachable")
        case asyncpg.QueryCanceledError():
            advice = "see in pg_stat_activity what blocks or slows it, and try again"
            return Diagnosis("a statement took too long", details, advice)
        case asyncpg.InvalidCatalogNameError():
            advice = "run `python manage.py db create`, or set PG_SERVER_DB to the name of one that exists"
            return Diagnosis("the server has no such database", details, advice, is_permanent=True)
        case asyncpg.InvalidPasswordError() | asyncpg.InvalidAuthorizationSpecificationError():
            advice = "set PG_SERVER_LOGIN and PG_SERVER_PASSWD"
            return Diagnosis("the server refuses the role or its password", details, advice, is_permanent=True)
        case asyncpg.InsufficientPrivilegeError():
            # Privileges on the database are not enough: since PostgreSQL 15 only its owner may create tables in
            # `public`.
            advice = f"let the role own the database and its tables: ALTER DATABASE {name} OWNER TO {role}"
            if "create database" in str(cause):
                advice = f"let an administrator of the server run CREATE DATABASE {name} OWNER {role}"
            return Diagnosis("the role lacks a permission", details, advice, is_permanent=True)
        case asyncpg.TooManyConnectionsError():
            advice = "raise max_connections of PostgreSQL, or lower PG_POOL_SIZE and PG_SESSION_POOL_SIZE"
            return Diagnosis("the server accepts no more connections", details, advice)
        case asyncpg.TargetServerAttributeNotMatched():
            advice = "promote one of them, or name the primary in PG_SERVER_ADDRESS"
            return Diagnosis("none of the servers accepts writes", details, advice)
        case asyncpg.InterfaceError() | asyncpg.InternalClientError():
            return Diagnosis("the connection to the server failed", details, "check the PG_* settings")
        case asyncpg.PostgresConnectionError() | asyncpg.CannotConnectNowError() | asyncpg.OperatorInterventionError():
            return Diagnosis("the server is starting or shutting down", details, "wait until it is running")
        case asyncpg.PostgresError():
            return Diagnosis("the server refuses a statement", details, "read PostgreSQL's log", True)
        case socket.gaierror():
            return Diagnosis("the host name of the server is unknown", details, "set PG_SERVER_ADDRESS")
        case OSError() if cause.filename is not None:
            advice = "set HOME to a folder that the user may read; sudo does it with --set-home"
            return Diagnosis("a file of the connection cannot be read", details, advice, is_permanent=True)
    advice = "start it, or set PG_SERVER_ADDRESS and PG_SERVER_PORT"
    return Diagnosis("the server does not answer", details, advice)


@contextmanager
def explain_driver_errors(address: DatabaseAddress) -> Iterator[None]:
    """Raises DatabaseNotReady in place of an error that the database caused."""
    try:
        yield
    except Exception as error:
        diagnosis = diagnose(error, address)
        if diagnosis is None:
            raise
        raise DatabaseNotReady(f"database {address.database}: {diagnosis}") from error


def _driver_error(error: BaseException | None) -> BaseException | None:
    """Returns the driver's error in the chain of causes."""
    is_of_driver = False
    while error is not None:
        if isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError | asyncpg.InternalClientError):
            return error
        # An OSError about a file has a file name; one about a socket has none. The driver reads ~/.postgresql.
        if isinstance(error, OSError) and (error.filename is None or is_of_driver):
            return error
        is_of_driver = isinstance(error, TransientDatabaseError)
        error = getattr(error, "orig", None) or error.__cause__
    return None
