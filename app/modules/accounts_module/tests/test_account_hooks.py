"""AccountHook: modules erase their data of an account, in chunks."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.accounts_module.extension import AccountHook, Erasure
from app.modules.accounts_module.services import erasure
from app.modules.accounts_module.tests.erasing import begin, erase, until_done
from app.modules.jobs_module.extension import Jobs
from app.services.context import WorkContext
from app.settings import Settings
from app.utils.container import Container
from app.utils.module import Module
from tests.fakers import FakeClient, eventually, ok
from tests.servers import build_with

calls: list[tuple[str, str, int]] = []
failures: list[str] = []
CONNECTION_LOST = "the connection is lost"


async def erase_notes(context: WorkContext, account_id: UUID, mode: Erasure, limit: int) -> bool:
    """The hook of a module: deletes two rows at a time, whatever the limit is."""
    deleted = await context.connection.fetch(
        "DELETE FROM hooked WHERE id IN (SELECT id FROM hooked WHERE account_id = $1 LIMIT $2) RETURNING id",
        account_id,
        min(limit, 2),
    )
    calls.append(("notes", mode, len(deleted)))
    return bool(deleted)


async def fail_at_first(context: WorkContext, account_id: UUID, mode: Erasure, limit: int) -> bool:
    calls.append(("failing", mode, 0))
    if failures:
        await context.connection.execute("DELETE FROM hooked")
        failure = failures.pop()
        if failure == CONNECTION_LOST:
            await context.connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        raise RuntimeError(failure)
    return False


MODULE = Module(
    name="test",
    description="Hooks of this test",
    depends_on=("messages",),
    contributes=(AccountHook("failing", fail_at_first), AccountHook("hooked", erase_notes)),
)


@pytest.fixture
async def app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    calls.clear()
    failures.clear()
    monkeypatch.setattr(erasure, "TOKENS_END_AFTER", timedelta(0))
    return build_with(settings, monkeypatch, MODULE)


@pytest.fixture
async def connection(container: Container, server: httpx.AsyncClient) -> AsyncIterator[Connection]:
    connection = await container.get(Database).connect()
    await connection.execute("CREATE TABLE hooked (id bigint GENERATED ALWAYS AS IDENTITY, account_id uuid)")
    yield connection
    await connection.close()


@pytest.mark.parametrize("turn", [erasure.TURN, 0.0])
async def test_each_hook_runs_until_no_rows_are_left_and_hooks_of_dependents_run_first(
    container: Container,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    anna: FakeClient,
    boris: FakeClient,
    turn: float,
) -> None:
    """This holds also if other jobs run after each chunk."""
    monkeypatch.setattr(erasure, "TURN", turn)
    for user in (anna, anna, anna, boris):
        await connection.execute("INSERT INTO hooked (account_id) VALUES ($1)", user.uuid)
    await erase(container, connection, anna, "delete")
    # The account's stream has events that are deleted too: with short turns all hooks are called once more after that.
    assert list(dict.fromkeys(calls)) == [
        ("notes", "delete", 2),
        ("notes", "delete", 1),
        ("notes", "delete", 0),
        ("failing", "delete", 0),
    ]
    assert await connection.fetchval("SELECT count(*) FROM hooked") == 1


async def test_a_failing_hook_is_retried_and_does_not_stop_the_others(
    container: Container, connection: Connection, anna: FakeClient, boris: FakeClient, club: str
) -> None:
    failures.append("the disk is full")
    await connection.execute("INSERT INTO hooked (account_id) VALUES ($1)", boris.uuid)
    await begin(container, anna)

    async def has_failed() -> bool:
        error = await connection.fetchval("SELECT last_error FROM job WHERE name = 'accounts.erase'")
        return error is not None and "failing" in error

    await eventually(has_failed, 30)
    # Its changes are rolled back. All other hooks have run.
    assert await connection.fetchval("SELECT count(*) FROM hooked") == 1
    assert ok(await boris.get(f"/chats/{club}"))["owner_id"] == boris.id
    await connection.execute("UPDATE job SET run_at = now(), leased_until = NULL")
    await until_done(connection)


async def test_a_lost_database_connection_is_no_failed_attempt_of_an_erasure(
    container: Container, connection: Connection, anna: FakeClient
) -> None:
    """A database restart looks the same. It may happen in the last attempt."""
    failures.append(CONNECTION_LOST)
    async with open_unit_of_work(container.get(Database)) as work:
        await erasure.request_erasure(work, container.get(Jobs), anna.username, "keep")
        set_attempts = "UPDATE job SET attempts = $1 WHERE name = 'accounts.erase'"
        await (await work.raw()).execute(set_attempts, erasure.ERASE.max_attempts - 1)
    await until_done(connection)
    assert failures == []
    assert calls.count(("failing", "keep", 0)) == 2
