"""Sends, uploads and the collector change the used bytes of accounts, and do not deadlock."""

import asyncio
from os import urandom
from uuid import UUID

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.attachments_module.db.cruds import uploads
from app.modules.attachments_module.tests.uploading import ready
from app.utils.container import Container
from tests.fakers import FakeClient, eventually, ok

_LOCK_STREAM = "SELECT FROM stream WHERE id = $1 FOR UPDATE"
_LOCK_FILE = "SELECT FROM attachment WHERE id = $1 FOR UPDATE"
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


async def wait_until_one_waits(connection: Connection) -> None:
    async def is_waiting() -> bool:
        return bool(await connection.fetchval(_WAITING))

    await eventually(is_waiting)


async def test_a_batch_takes_files_before_the_used_bytes_of_their_owners(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    sent, new = await ready(anna, urandom(50)), await ready(anna, urandom(50))
    ok(await anna.post(f"/chats/{club}/messages", {"attachments": [sent["id"]]}))
    database = container.get(Database)
    async with database.connection() as job, job.transaction():
        # As at the end of its processing.
        await job.execute(_LOCK_FILE, UUID(new["id"]))
        async with database.connection() as other, other.transaction():
            # Both sends wait for the chat, and become one batch.
            await other.execute(_LOCK_STREAM, UUID(club))
            sends = asyncio.gather(
                anna.post(f"/chats/{club}/messages/1/forward", {"to_chat_id": club}),
                anna.post(f"/chats/{club}/messages", {"attachments": [new["id"]]}),
            )
            await wait_until_one_waits(connection)
            await asyncio.sleep(0.2)
        await asyncio.sleep(0.2)
        await wait_until_one_waits(connection)
        await job.execute("SET LOCAL lock_timeout = '300ms'")
        await uploads.release(job, anna.uuid, 0)
    for answer in await sends:
        ok(answer)
