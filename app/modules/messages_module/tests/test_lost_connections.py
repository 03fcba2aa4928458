"""A connection that is lost while a batch is committed: its sends are answered by what is stored."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID, uuid4

import httpx
import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.fastapi_engine.constructor import build_app
from app.modules.messages_module.errors import OutcomeUnknown
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.services.send_queue import SendQueue
from app.modules.messages_module.settings import MessagesSettings
from app.modules.messages_module.tests.stuck import LOCKING, find_stuck, patient_app
from app.settings import Settings
from tests.fakers import FakeClient, ok, problem
from tests.servers import served, settings_for
from tests.wire import Wire

app = patient_app

_WAIT_AT_COMMIT = """
CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER wait_at_commit AFTER INSERT ON message DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION wait()
"""
_LET_WAIT = "SELECT pg_advisory_xact_lock(1)"
_TERMINATE = "SELECT pg_terminate_backend($1, 1000)"

both_ways = pytest.mark.parametrize(("before", "statement"), [(0, "COMMIT"), (1, "WITH checked")])
"""The messages that the process has written to the chat before, and the statement that commits the next one."""


@pytest.fixture
async def other_process(
    settings: Settings, database_address: DatabaseAddress, wire: Wire
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of another process, as on another machine. It is connected to the database by the wire."""
    db = settings_for(replace(database_address, host="127.0.0.1", port=wire.port))
    settings = replace(settings, db=db, own={**settings.own, MessagesSettings: MessagesSettings(delegation=False)})
    async with served(build_app(settings)) as http:
        yield http


@asynccontextmanager
async def commits_waiting(connection: Connection, sender: FakeClient, chat: str, before: int) -> AsyncIterator[None]:
    """Sends so many messages. During the block, commits of later ones wait."""
    for _ in range(before):
        await sender.send(chat, "до")
    await connection.execute(_WAIT_AT_COMMIT)
    async with connection.transaction():
        await connection.execute(_LET_WAIT)
        yield


@both_ways
async def test_a_retry_settles_the_outcome_of_a_commit_on_a_broken_connection(
    anna: FakeClient, club: str, connection: Connection, before: int, statement: str
) -> None:
    body = {"client_msg_id": str(uuid4()), "text": "дошло ли?"}
    async with commits_waiting(connection, anna, club, before):
        sending = asyncio.create_task(anna.post(f"/chats/{club}/messages", body))
        assert await connection.fetchval(_TERMINATE, await find_stuck(connection, statement))
        refusal = problem(await sending, 503, "unavailable")
    assert "same client_msg_id" in refusal["detail"]
    assert ok(await anna.post(f"/chats/{club}/messages", body))["seq"] == before + 1
    assert (await anna.post(f"/chats/{club}/messages", body)).headers["idempotent-replayed"] == "true"


@both_ways
async def test_a_message_of_another_process_with_the_number_of_a_lost_one_is_not_taken_for_it(
    anna: FakeClient,
    boris: FakeClient,
    club: str,
    connection: Connection,
    other_process: httpx.AsyncClient,
    before: int,
    statement: str,
) -> None:
    body = {"client_msg_id": str(uuid4()), "text": "дошло ли?"}
    async with commits_waiting(connection, anna, club, before):
        sending = asyncio.create_task(anna.post(f"/chats/{club}/messages", body))
        writer = await find_stuck(connection, statement)
        taking = asyncio.create_task(FakeClient(other_process, headers=boris.headers).send(club, "другое"))
        await find_stuck(connection, LOCKING)
        assert await connection.fetchval(_TERMINATE, writer)
        await find_stuck(connection, "COMMIT")
    problem(await sending, 503, "unavailable")
    assert (await taking)["seq"] == before + 1
    assert ok(await anna.post(f"/chats/{club}/messages", body))["seq"] == before + 2


@both_ways
async def test_a_commit_that_goes_on_without_its_connection_is_waited_for(
    anna: FakeClient,
    club: str,
    connection: Connection,
    other_process: httpx.AsyncClient,
    wire: Wire,
    before: int,
    statement: str,
) -> None:
    anna = FakeClient(other_process, headers=anna.headers)
    async with commits_waiting(connection, anna, club, before):
        sending = asyncio.create_task(anna.send(club, "дошло"))
        await find_stuck(connection, statement)
        wire.reset()
        await find_stuck(connection, LOCKING)
    assert (await sending)["seq"] == before + 1


async def test_repeated_and_refused_sends_of_a_lost_batch_are_answered_too(
    anna: FakeClient, stranger: FakeClient, club: str, connection: Connection, queue: SendQueue
) -> None:
    stored = MessageCreate(client_msg_id=uuid4(), text="было")
    await queue.submit(UUID(club), anna.uuid, stored)
    sends = [(anna, MessageCreate(text="дошло ли?")), (anna, stored), (stranger, MessageCreate(text="?"))]
    async with commits_waiting(connection, anna, club, 0):
        # Submitted before the writer runs, so all are in one batch.
        sending = asyncio.gather(
            *(queue.submit(UUID(club), user.uuid, message) for user, message in sends), return_exceptions=True
        )
        assert await connection.fetchval(_TERMINATE, await find_stuck(connection, "COMMIT"))
    async with asyncio.timeout(30):
        assert [type(outcome) for outcome in await sending] == [OutcomeUnknown] * 3
