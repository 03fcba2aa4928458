"""Finds the constraint that a statement violated."""

import re

import asyncpg
from sqlalchemy.exc import DBAPIError, IntegrityError

_SHARD = re.compile(r"_\d{6,}$")
"""The number of a shard, which Citus appends to the names of what belongs to it."""


def violated_constraint(error: BaseException) -> str | None:
    """Returns the name of the constraint that a statement violated; None for any other error."""
    violation = _driver_error(error)
    if isinstance(violation, asyncpg.IntegrityConstraintViolationError):
        return _SHARD.sub("", violation.constraint_name or "")
    return "" if isinstance(error, IntegrityError) else None


def _driver_error(error: BaseException) -> BaseException:
    """Returns asyncpg's own error behind SQLAlchemy's two layers."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig.__cause__ or error.orig
    return error
