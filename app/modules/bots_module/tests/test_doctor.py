"""What `manage.py doctor` finds of bots in chats that changed while the module was disabled."""

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.modules.bots_module.tests.bots import add, create_bot
from tests.fakers import FakeClient, ok
from tests.manage import manage

_LEAVE = """
WITH left_chat AS (DELETE FROM chat_member WHERE account_id = $1 RETURNING chat_id),
     unlisted AS (DELETE FROM account_chat WHERE account_id = $1)
UPDATE chat SET member_count = member_count - 1 WHERE id IN (SELECT chat_id FROM left_chat)
"""


async def doctor(address: DatabaseAddress) -> str:
    return (await manage(address, "doctor", "--least-free-mb=0")).output


async def open_club_with_bot(owner: FakeClient, admin: FakeClient) -> tuple[str, FakeClient]:
    """Returns a chat with an admin and a bot of the admin."""
    club, bot = await owner.open_chat(admin), await create_bot(admin)
    ok(await owner.patch(f"/chats/{club}/members/{admin.id}", {"role": "admin"}))
    await add(admin, club, bot)
    return club, bot


async def test_a_bot_whose_owner_has_left_a_chat_is_found(
    anna: FakeClient, boris: FakeClient, connection: Connection, database_address: DatabaseAddress
) -> None:
    club, bot = await open_club_with_bot(boris, anna)
    assert "no problems found" in await doctor(database_address)
    await connection.execute(_LEAVE, anna.uuid)
    assert (
        "✗ a bot is only in groups and channels where its owner is a member\n"
        f"    {club}: bot {bot.id} is member, owner {anna.id} is no member\n"
    ) in await doctor(database_address)
    ok(await boris.delete(f"/chats/{club}/members/{bot.id}"))
    assert "no problems found" in await doctor(database_address)


async def test_a_bot_with_a_higher_role_than_its_owner_is_found(
    anna: FakeClient, boris: FakeClient, connection: Connection, database_address: DatabaseAddress
) -> None:
    club, bot = await open_club_with_bot(boris, anna)
    ok(await boris.patch(f"/chats/{club}/members/{bot.id}", {"role": "admin"}))
    assert "no problems found" in await doctor(database_address)
    await connection.execute("UPDATE chat_member SET role = 'member' WHERE account_id = $1", anna.uuid)
    assert (
        "✗ no bot owns a group or channel, or has a higher role there than its owner\n"
        f"    {club}: bot {bot.id} is admin, owner {anna.id} is member\n"
    ) in await doctor(database_address)
    ok(await boris.patch(f"/chats/{club}/members/{bot.id}", {"role": "member"}))
    assert "no problems found" in await doctor(database_address)
    await connection.execute("UPDATE chat_member SET role = 'owner' WHERE account_id = $1", bot.uuid)
    assert f"    {club}: bot {bot.id} is owner, owner {anna.id} is member\n" in await doctor(database_address)
