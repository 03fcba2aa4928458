"""A traceback in the log names the error and its place, and contains nothing that a client has sent."""

import asyncpg
import pytest
from fastapi.exceptions import ResponseValidationError
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.utils.tracebacks import format_traceback

SECRET = "hunter2"
STATEMENTS = {
    "CREATE TEMP TABLE kept (word varchar(5) UNIQUE, more int NOT NULL)": None,
    "INSERT INTO kept VALUES (left($1::text, 2), NULL)": "23502",
    "INSERT INTO kept SELECT left($1::text, 2), 1 FROM generate_series(1, 2)": "23505",
    "INSERT INTO kept VALUES ($1::text, 1)": "22001",
    "SELECT CAST($1::text AS uuid)": "22P02",
    "SELECT CAST($1::text AS int)": "22P02",
}


class Strict(BaseModel):
    number: int


async def test_values_of_statements_are_not_logged(database_address: DatabaseAddress, sql: Connection) -> None:
    database = Database(database_address)
    try:
        for statement, sqlstate in STATEMENTS.items():
            if sqlstate is None:
                await sql.execute(statement)
                continue
            with pytest.raises(asyncpg.PostgresError) as raised:
                await sql.execute(statement, SECRET)
            formatted = format_traceback(raised.value)
            assert SECRET[:2] not in formatted.partition("asyncpg.exceptions.")[2], formatted
            assert sqlstate in formatted
            assert "in test_values_of_statements_are_not_logged" in formatted
        with pytest.raises(asyncpg.DataError) as wrong_type:
            await sql.execute("SELECT $1::int", SECRET)
        assert SECRET not in format_traceback(wrong_type.value)
        async with database.sessions() as session:
            with pytest.raises(DBAPIError) as wrapped:
                await session.execute(text("SELECT CAST(:word AS uuid)"), {"word": SECRET})
        assert SECRET not in format_traceback(wrapped.value)
        assert "sqlalchemy.exc" in format_traceback(wrapped.value)
    finally:
        await database.engine.dispose()


def test_invalid_input_is_not_logged() -> None:
    with pytest.raises(ValueError, match=SECRET) as raised:
        Strict(number=SECRET)
    formatted = format_traceback(raised.value)
    assert SECRET not in formatted.replace("SECRET", "")
    assert formatted.endswith("ValidationError: 1 errors\n")
    answer = ResponseValidationError([{"input": SECRET, "msg": "x"}], body=SECRET)
    assert SECRET not in format_traceback(answer)


def test_causes_and_members_of_a_group_are_logged() -> None:
    def fail() -> None:
        try:
            raise KeyError("first")
        except KeyError as error:
            raise RuntimeError("second") from error

    with pytest.raises(RuntimeError) as raised:
        fail()
    formatted = format_traceback(raised.value)
    assert formatted.index("KeyError: 'first'") < formatted.index("RuntimeError: second")
    group = format_traceback(ExceptionGroup("both", [raised.value, OSError(24, "Too many open files")]))
    assert "RuntimeError: second" in group
    assert "OSError: [Errno 24] Too many open files" in group
    circle = ValueError("round")
    circle.__context__ = KeyError("and round")
    circle.__context__.__context__ = circle
    assert format_traceback(circle).count("ValueError: round") == 1
