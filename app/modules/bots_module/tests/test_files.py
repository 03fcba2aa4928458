"""Files of bots count for the quota of their owner."""

from os import urandom
from uuid import UUID

from app.adapters.db.connection import Connection
from app.modules.attachments_module.settings import AttachmentSettings
from app.modules.attachments_module.tests.uploading import begin, ready, tus
from app.modules.bots_module.tests.bots import add, create_bot
from app.modules.forwards_module.tests.forwarding import forward
from app.utils.container import Container
from tests.fakers import FakeClient, eventually, ok, problem
from tests.waiting import begin_in_order

_SIZE = 50
_USE = """
INSERT INTO attachment_usage (account_id, bytes) VALUES ($1, $2)
ON CONFLICT (account_id) DO UPDATE SET bytes = excluded.bytes
"""


async def leave_free(connection: Connection, container: Container, user: FakeClient, size: int) -> None:
    """Lets the user's own files use all of the quota but this."""
    await connection.execute(_USE, user.uuid, container.get(AttachmentSettings).quota_bytes - size)


async def test_uploads_of_bots_and_of_their_owner_count_together(
    anna: FakeClient, boris: FakeClient, container: Container, connection: Connection
) -> None:
    bots = [await create_bot(anna) for _ in range(2)]
    await leave_free(connection, container, anna, 10)
    paths = [await begin(bot, 5) for bot in bots]
    for user in (*bots, anna):
        problem(await tus(user, "POST", Upload_Length="1"), 507, "quota_exceeded")
    await begin(await create_bot(boris), 11)
    await tus(bots[0], "DELETE", paths[0])
    await begin(anna, 5)


async def test_uploads_of_two_bots_at_once_get_no_more_than_the_quota(
    anna: FakeClient, container: Container, connection: Connection
) -> None:
    bots = [await create_bot(anna) for _ in range(2)]
    await leave_free(connection, container, anna, 10)
    async with connection.transaction():
        await connection.execute("SELECT FROM attachment_usage WHERE account_id = $1 FOR UPDATE", anna.uuid)
        uploads = await begin_in_order(container, *(tus(bot, "POST", Upload_Length="10") for bot in bots))
    answers = [await upload for upload in uploads]
    assert sorted(answer.status_code for answer in answers) == [201, 507]


async def test_what_a_bot_forwards_counts_for_its_owner(
    anna: FakeClient, boris: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    bot = await create_bot(anna)
    await add(anna, club, bot)
    file = await ready(boris, urandom(_SIZE))
    ok(await boris.post(f"/chats/{club}/messages", {"attachments": [file["id"]]}))
    await leave_free(connection, container, anna, _SIZE)
    ok(await forward(bot, club, 1, club))
    for user in (bot, anna):
        problem(await forward(user, club, 1, club), 507, "quota_exceeded")


async def test_what_a_deleted_bot_has_sent_counts_for_its_owner_as_long_as_it_is_there(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    bot = await create_bot(anna)
    await add(anna, club, bot)
    file = await ready(bot, urandom(_SIZE))
    ok(await bot.post(f"/chats/{club}/messages", {"attachments": [file["id"]]}))
    ok(await anna.delete(f"/bots/{bot.id}"))

    async def is_erased() -> bool:
        return not await connection.fetchval("SELECT count(*) FROM bot WHERE account_id = $1", UUID(bot.id))

    await eventually(is_erased)
    await leave_free(connection, container, anna, _SIZE)
    problem(await tus(anna, "POST", Upload_Length="1"), 507, "quota_exceeded")
    ok(await anna.delete(f"/chats/{club}/messages/1"))

    async def is_free() -> bool:
        return (await tus(anna, "POST", Upload_Length=str(_SIZE))).status_code == 201

    await eventually(is_free)
