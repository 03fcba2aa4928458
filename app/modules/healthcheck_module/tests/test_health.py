"""Liveness and readiness of the server."""

from dataclasses import replace

import httpx
import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.migrations.heads import head_of
from app.fastapi_engine.constructor import build_app
from app.settings import Mode, Settings
from tests.fakers import FakeClient, problem
from tests.processes import free_port
from tests.servers import served, settings_for


async def test_a_healthy_server_reports_ok(server: httpx.AsyncClient, settings: Settings) -> None:
    health = await server.get("/healthcheck")
    assert health.status_code == 200
    assert health.json()["status"] == "ok"
    assert health.json()["version"] == settings.app.version
    assert health.json()["checks"]["database"]["status"] == "ok"
    assert health.json()["checks"]["database"]["latency_ms"] >= 0
    assert (await server.get("/healthcheck/ready")).status_code == 200
    assert (await server.get("/healthcheck/live")).json() == {"status": "ok"}


async def test_a_server_is_not_ready_while_the_database_is_not_migrated(
    server: httpx.AsyncClient, sql: Connection
) -> None:
    await sql.execute("DELETE FROM alembic_version")
    unready = await server.get("/healthcheck/ready")
    await sql.execute("DROP TABLE alembic_version")
    still_unready = await server.get("/healthcheck/ready")
    for answer in (unready, still_unready):
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert "db migrate" in answer.json()["checks"]["database"]["detail"]


async def test_a_server_stays_ready_while_newer_code_migrates_its_database(
    server: httpx.AsyncClient, sql: Connection
) -> None:
    """An upgrade restarts the processes one by one: the first new one migrates, and the old ones serve until then."""
    newer = "UPDATE alembic_version SET version_num = 'ffffffffffff' WHERE version_num = $1"
    await sql.execute(newer, head_of(None))
    ready = await server.get("/healthcheck/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "ok")


async def test_a_server_without_database_is_live_and_not_ready(
    settings: Settings, database_address: DatabaseAddress
) -> None:
    unreachable = replace(settings, db=settings_for(database_address.with_database("nowhere")))
    async with served(build_app(unreachable)) as http:
        assert (await http.get("/healthcheck/live")).status_code == 200
        health = await http.get("/healthcheck")
        assert health.status_code == 200
        assert health.json()["status"] == "failed"
        assert health.json()["checks"]["database"]["latency_ms"] is None
        for _ in range(2):
            detail = (await http.get("/healthcheck")).json()["checks"]["database"]["detail"]
            assert "no such database" in detail
            assert '"nowhere" does not exist' in detail
        ready = await http.get("/healthcheck/ready")
        assert ready.status_code == 503
        assert ready.headers["retry-after"]
        body = {"login": "anna", "password": "correct horse battery"}
        refused = await http.post(f"{settings.app.prefix}/accounts/sign-in", json=body)
        problem(refused, 503, "unavailable")
        assert refused.headers["retry-after"]
        problem(await FakeClient(http).get("/accounts/me"), 401, "unauthenticated")


@pytest.mark.parametrize("mode", Mode)
async def test_the_reason_of_a_failure_contains_no_names_unless_the_mode_is_local(
    settings: Settings, database_address: DatabaseAddress, mode: Mode
) -> None:
    """The reason of the first failure is shown also while the server waits for the next attempt to connect."""
    address = replace(database_address, host="127.0.0.1", port=free_port())
    unavailable = replace(settings, app=settings.app.model_copy(update={"mode": mode}), db=settings_for(address))
    async with served(build_app(unavailable)) as http:
        for _ in range(2):
            detail = (await http.get("/healthcheck")).json()["checks"]["database"]["detail"]
            assert "the server does not answer" in detail
            assert (str(address.port) in detail) is (mode is Mode.LOCAL)
