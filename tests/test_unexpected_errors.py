"""Unexpected errors: one format, and no internals in the response."""

import asyncio
from dataclasses import replace

import asyncpg
import pytest
from fastapi import APIRouter, FastAPI

from app.adapters.db.connection import Connection
from app.adapters.errors import DatabaseBusy, DatabaseUnavailable, PoolExhausted
from app.dependencies.dependency_db import Work
from app.fastapi_engine.constructor import build_app
from app.settings import Mode, Settings
from app.settings.app_settings import AppSettings
from tests.fakers import problem
from tests.servers import served

ERRORS: dict[str, type[Exception]] = {
    error.__name__: error
    for error in (
        DatabaseUnavailable,
        DatabaseBusy,
        PoolExhausted,
        ConnectionRefusedError,
        TimeoutError,
        OSError,
        asyncpg.InterfaceError,
    )
}
SECRET = "the password is swordfish"


def _app(settings: Settings, mode: Mode) -> FastAPI:
    """An application with routes that fail."""
    app = build_app(replace(settings, app=AppSettings(mode=mode, cors_origins=("https://chat.example.com",))))
    router = APIRouter()

    @router.get("/raise")
    async def fail() -> None:
        raise RuntimeError(SECRET)

    @router.get("/errors/{name}")
    async def fail_as(name: str) -> None:
        raise ERRORS[name](SECRET)

    @router.get("/wrong-answer", response_model=int)
    async def wrong() -> str:
        return SECRET

    @router.get("/fail-at-commit")
    async def fail_at_commit(work: Work) -> str:
        raw = await work.raw()
        await raw.execute("CREATE TABLE t (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)")
        await raw.execute("INSERT INTO t VALUES (1), (1)")
        return "this is not true"

    app.include_router(router)
    return app


@pytest.mark.parametrize("mode", list(Mode))
async def test_internals_are_shown_in_local_mode_only(base_settings: Settings, mode: Mode) -> None:
    async with served(_app(base_settings, mode)) as http:
        response = await http.get("/raise", headers={"Origin": "https://chat.example.com", "X-Request-ID": "trace-7"})
        body = problem(response, 500, "internal_error")
        assert body["request_id"] == "trace-7"
        assert body["instance"] == "/raise"
        assert (SECRET in response.text) == (mode is Mode.LOCAL)
        assert "Traceback" not in response.text
        # The page that sent the request may read it.
        assert response.headers["access-control-allow-origin"] == "https://chat.example.com"
        wrong = await http.get("/wrong-answer")
        problem(wrong, 500, "internal_error")
        assert (SECRET in wrong.text) == (mode is Mode.LOCAL)


@pytest.mark.parametrize(
    ("error", "code"),
    [("DatabaseUnavailable", "unavailable"), ("DatabaseBusy", "unavailable"), ("PoolExhausted", "overloaded")],
)
async def test_a_temporary_failure_has_a_retry_after(base_settings: Settings, error: str, code: str) -> None:
    async with served(_app(base_settings, Mode.LOCAL)) as http:
        response = await http.get(f"/errors/{error}")
        problem(response, 503, code)
        assert int(response.headers["retry-after"]) >= 1
        assert SECRET not in response.text


@pytest.mark.parametrize("error", ["ConnectionRefusedError", "TimeoutError", "OSError", "InterfaceError"])
async def test_other_errors_are_not_reported_as_database_errors(base_settings: Settings, error: str) -> None:
    """Errors of a disk, a mail server or a bug have the same types as those of the driver."""
    async with served(_app(base_settings, Mode.PROD)) as http:
        problem(await http.get(f"/errors/{error}"), 500, "internal_error")


async def test_a_failed_commit_is_no_success(settings: Settings, sql: Connection) -> None:
    async with served(_app(settings, Mode.PROD)) as http:
        response = await http.get("/fail-at-commit")
        assert "not true" not in response.text
        problem(response, 409, "conflict")
    assert await sql.fetchval("SELECT to_regclass('t')") is None


async def test_each_of_many_failures_has_its_own_id(base_settings: Settings) -> None:
    async with served(_app(base_settings, Mode.DEV)) as http:
        answers = await asyncio.gather(*(http.get("/raise") for _ in range(5)))
    assert len({problem(answer, 500, "internal_error")["request_id"] for answer in answers}) == 5
