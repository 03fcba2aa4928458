"""Sends, uploads, the collector and doctor change the used bytes of accounts: they wait, and do not deadlock."""

import asyncio
from datetime import UTC, datetime
from os import urandom
from uuid import UUID, uuid4

from app.adapters.db.connection import Connection, DatabaseConnection
from app.adapters.db.database import Database
from app.modules.attachments_module.db.cruds import attachments, contents, uploads
from app.modules.attachments_module.db.invariants import INVARIANTS
from app.modules.attachments_module.tests.uploading import ready
from app.modules.messages_module.services.send_queue import SendQueue
from app.utils.container import Container
from tests.busy import when_not_busy
from tests.fakers import FakeClient, eventually, ok, problem
from tests.waiting import until_waiting

_LOCK_STREAM = "SELECT FROM stream WHERE id = $1 FOR UPDATE"
_LOCK_FILE = "SELECT FROM attachment WHERE id = $1 FOR UPDATE"
_BLOCKED_BY = "SELECT count(*) FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))"


async def _reserve(connection: DatabaseConnection, user: FakeClient, size: int) -> None:
    await uploads.lock_usage(connection, {user.uuid: user.uuid})
    assert await uploads.reserve(connection, user.uuid, user.uuid, size, 1000)


async def test_a_batch_takes_files_before_the_used_bytes_of_their_owners(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    sent, new = await ready(anna, urandom(50)), await ready(anna, urandom(50))
    ok(await anna.post(f"/chats/{club}/messages", {"attachments": [sent["id"]]}))
    database, queue = container.get(Database), container.get(SendQueue)

    async def both_wait() -> bool:
        return queue._waiting == 2

    async def waits_for_the_file() -> bool:
        return bool(await connection.fetchval(_BLOCKED_BY, pid))

    async with database.connection() as job, job.transaction():
        # As at the end of its processing.
        await job.execute(_LOCK_FILE, UUID(new["id"]))
        pid = await job.fetchval("SELECT pg_backend_pid()")
        async with database.connection() as other, other.transaction():
            # Both sends wait for the chat, and become one batch.
            await other.execute(_LOCK_STREAM, UUID(club))
            sends = asyncio.gather(
                when_not_busy(lambda: anna.post(f"/chats/{club}/messages/1/forward", {"to_chat_id": club})),
                when_not_busy(lambda: anna.post(f"/chats/{club}/messages", {"attachments": [new["id"]]})),
            )
            await eventually(both_wait)
        await eventually(waits_for_the_file)
        await job.execute("SET LOCAL lock_timeout = '300ms'")
        await uploads.release(job, anna.uuid, 0)
    for answer in await sends:
        ok(answer)


async def test_a_request_that_names_a_file_of_another_account_does_not_lock_it(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    file = (await ready(boris, urandom(50)))["id"]
    async with container.get(Database).connection() as job, job.transaction():
        await job.execute(_LOCK_FILE, UUID(file))
        problem(await anna.post(f"/chats/{club}/messages", {"attachments": [file]}), 404, "not_found")
        problem(await anna.put("/accounts/me/avatar", {"attachment_id": file}), 404, "not_found")
    ok(await boris.post(f"/chats/{club}/messages", {"attachments": [file]}))


async def test_a_file_that_a_message_carries_is_not_locked_by_its_owner_who_names_it_again(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    first, second = [UUID((await ready(anna, urandom(50)))["id"]) for _ in range(2)]
    for file in (first, second):
        ok(await anna.post(f"/chats/{club}/messages", {"attachments": [str(file)]}))
    problem(await anna.post(f"/chats/{club}/messages", {"attachments": [str(first)]}), 409, "attachment_taken")
    # Two batches: each forwards the file that the other one names again.
    database = container.get(Database)
    async with database.connection() as other, other.transaction(), connection.transaction():
        await other.execute("SET LOCAL lock_timeout = '1s'")
        assert first in await attachments.lock(connection, [(first, anna.uuid)])
        assert second in await attachments.hold(connection, [second])
        assert second in await attachments.lock(other, [(second, anna.uuid)])
        assert first in await attachments.hold(other, [first])


async def test_the_collector_takes_the_used_bytes_of_accounts_in_their_order(
    anna: FakeClient, boris: FakeClient, container: Container, connection: Connection
) -> None:
    first, second = sorted((anna, boris), key=lambda user: user.uuid)
    files = sorted([uuid4(), uuid4()])
    at = datetime.now(UTC)
    for file, owner in zip(files, (second, first), strict=True):
        await _reserve(connection, owner, 10)
        await uploads.insert(connection, file, owner.uuid, "a", "", "", 10, at, at)
    database = container.get(Database)

    async def delete() -> None:
        async with database.connection() as collector, collector.transaction():
            await contents.delete(collector, files, at)

    async with database.connection() as batch, batch.transaction():
        await _reserve(batch, first, 5)
        deleting = asyncio.create_task(delete())
        await until_waiting(container, 1)
        await batch.execute("SET LOCAL lock_timeout = '300ms'")
        await _reserve(batch, second, 5)
    await deleting
    left = await connection.fetch("SELECT bytes FROM attachment_usage")
    assert [row["bytes"] for row in left] == [5, 5]


async def test_doctor_counts_an_upload_that_it_has_waited_for(
    anna: FakeClient, container: Container, connection: Connection
) -> None:
    database, counted, at = container.get(Database), INVARIANTS[0], datetime.now(UTC)
    await _reserve(connection, anna, 100)

    async def fix() -> None:
        async with database.connection() as doctor, doctor.transaction():
            for statement in counted.fix:
                await doctor.execute(statement, [anna.uuid])

    async with database.connection() as upload, upload.transaction():
        await _reserve(upload, anna, 10)
        await uploads.insert(upload, uuid4(), anna.uuid, "a", "", "", 10, at, at)
        fixing = asyncio.create_task(fix())
        await until_waiting(container, 1)
    await fixing
    assert await connection.fetchval("SELECT bytes FROM attachment_usage") == 10
    assert await connection.fetch(counted.find) == []
