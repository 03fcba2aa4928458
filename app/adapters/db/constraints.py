"""Finds the constraint that a statement violated."""

import re

import asyncpg
from sqlalchemy.exc import DBAPIError, IntegrityError

_OF_SHARD = re.compile(r'constraint "(\w+?)(?:_\d{6,})?"')


def violated_constraint(error: BaseException) -> str | None:
    """Returns the name of the constraint that a statement violated; None for any other error."""
    violation = _driver_error(error)
    if isinstance(violation, asyncpg.IntegrityConstraintViolationError):
        return violation.constraint_name or _of_shard(violation)
    return "" if isinstance(error, IntegrityError) else None


def _driver_error(error: BaseException) -> BaseException:
    """Returns asyncpg's own error behind SQLAlchemy's two layers."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig.__cause__ or error.orig
    return error


def _of_shard(violation: BaseException) -> str:
    """Returns the name from the message of a node of Citus, which is all that it passes on. It ends with the number of
    the shard.
    """
    found = _OF_SHARD.search(str(violation))
    return found[1] if found else ""
