"""What `manage.py doctor` finds of blocks, and how it corrects it."""

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.modules.blocks_module.tests.blocking import block, unblock
from tests.fakers import FakeClient, problem
from tests.manage import manage


async def test_the_doctor_makes_blocks_hold_in_chats_that_were_opened_while_the_module_was_disabled(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, connection: Connection, database_address: DatabaseAddress
) -> None:
    club = await anna.open_chat(boris, clara)
    chat, other = [await anna.open_chat(each, type="direct") for each in (boris, clara)]
    await block(anna, boris)
    await connection.execute("UPDATE chat SET send_checks = NULL")
    await boris.send(chat)
    fixed = await manage(database_address, "doctor", "--least-free-mb=0", "--fix", "--yes")
    assert (
        f"✗ a block holds in the direct chat of the two accounts\n    {chat}: {anna.id} has blocked {boris.id}"
        in fixed.output
    )
    problem(await boris.post(f"/chats/{chat}/messages", {"text": "Нельзя"}), 403, "forbidden")
    for each in (club, other):
        await anna.send(each)
    assert (await manage(database_address, "doctor", "--least-free-mb=0")).exit_code == 0
    await unblock(anna, boris)
    await boris.send(chat)
