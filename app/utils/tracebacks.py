"""Tracebacks for the log. They name the error and its place, and contain nothing that a client sent."""

import traceback
from collections.abc import Iterator

_WITH_VALUES = ("22", "P0")
"""Classes of SQLSTATE whose messages quote values: data exceptions, and errors that triggers raise."""


def format_traceback(error: BaseException) -> str:
    """Returns the traceback of an error and of its causes, without the values that messages quote."""
    return "".join(_parts(error, set()))


def describe_error(error: BaseException) -> str:
    """Returns the message of an error without the parts that may contain values of a request.

    PostgreSQL puts whole rows into the detail of its errors. asyncpg quotes the argument that it cannot encode, and
    pydantic the input that is not valid. Errors are recognized by their attributes, because the first process logs as
    well and imports none of these libraries.
    """
    module = type(error).__module__
    if module.startswith("sqlalchemy") and error.__cause__ is not None:
        return describe_error(error.__cause__)
    if module.startswith("asyncpg"):
        sqlstate = getattr(error, "sqlstate", None) or ""
        return sqlstate if _quotes_values(error) else f"{sqlstate} {error.args[0] if error.args else ''}".strip()
    errors = getattr(error, "errors", None)
    if callable(errors):
        return f"{len(errors())} errors"
    return str(error)


def _quotes_values(error: BaseException) -> bool:
    sqlstate = getattr(error, "sqlstate", None) or ""
    is_of_driver = type(error).__module__.startswith("asyncpg")
    return is_of_driver and (isinstance(error, ValueError) or sqlstate.startswith(_WITH_VALUES))


def _parts(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    # The cause of an error that quotes a value quotes it, too.
    if before is not None and id(before) not in seen and not _quotes_values(error):
        yield from _parts(before, seen)
        yield "\nwhich led to:\n\n"
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    yield f"{name}: {describe_error(error)}\n"
    if isinstance(error, BaseExceptionGroup):
        for place, inner in enumerate(error.exceptions, 1):
            if id(inner) not in seen:
                yield f"\n{place} of the group:\n\n"
                yield from _parts(inner, seen)
