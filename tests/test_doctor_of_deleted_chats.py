"""`manage.py doctor` while the rows of a deleted chat are deleted, first the messages, and after that."""

from uuid import UUID

from app.adapters.db.address import DatabaseAddress
from app.modules.chats_module.extension import ChatPurge
from app.modules.schedules_module.tests.scheduling import schedule
from app.utils.container import Container
from app.utils.setup_modules import discover_modules
from tests.databases import rows
from tests.fakers import FakeClient, ok
from tests.manage import manage

# As after an interruption.
_PURGE = (
    "UPDATE chat SET deleted_at = now(), member_count = 0 WHERE id = $1",
    "DELETE FROM chat_member WHERE chat_id = $1",
    "DELETE FROM account_chat WHERE chat_id = $1",
    "DELETE FROM message WHERE chat_id = $1",
)

_TABLES = (
    "message_pin",
    "message_version",
    "message_forward",
    "thread",
    "thread_reply",
    "thread_participant",
    "message_mention",
    "removed_link_preview",
    "scheduled_message",
)


def test_every_module_that_deletes_rows_of_chats_has_doctor_look_for_them() -> None:
    # These are not disabled on a server with chats.
    others = {"chats", "messages"}
    for name, module in discover_modules().items():
        if name not in others and any(isinstance(part, ChatPurge) for part in module.contributes):
            assert any("purged_at IS NOT NULL" in invariant.find for invariant in module.invariants), name


async def fill(anna: FakeClient, boris: FakeClient, club: str) -> None:
    """A message that is pinned, edited, forwarded, answered in a thread, without a preview; a mention, a schedule."""
    await anna.send(club)
    ok(await anna.put(f"/chats/{club}/pins/1"))
    ok(await anna.patch(f"/chats/{club}/messages/1", {"text": "Иначе"}))
    ok(await anna.post(f"/chats/{club}/messages/1/forward", {"to_chat_id": club}))
    ok(await anna.delete(f"/chats/{club}/messages/1/previews"))
    await anna.send(club, root_seq=1)
    await anna.send(club, f"@{boris.username}", text_format="markdown")
    await schedule(anna, club)


async def test_a_chat_whose_messages_are_deleted_already_is_no_finding(
    anna: FakeClient, boris: FakeClient, club: str, container: Container, database_address: DatabaseAddress
) -> None:
    await fill(anna, boris, club)
    for statement in _PURGE:
        await rows(container, statement, UUID(club))
    result = await manage(database_address, "doctor", "--least-free-mb=0")
    assert result.exit_code == 0, result.output


async def test_rows_that_a_server_without_their_modules_left_of_a_deleted_chat_are_removed(
    anna: FakeClient, boris: FakeClient, club: str, container: Container, database_address: DatabaseAddress
) -> None:
    await fill(anna, boris, club)
    for statement in (*_PURGE, "UPDATE chat SET purged_at = now() WHERE id = $1"):
        await rows(container, statement, UUID(club))
    fixed = await manage(database_address, "doctor", "--least-free-mb=0", "--fix", "--yes")
    for says in ("are forwards", "are pinned", "have earlier texts", "have removed previews"):
        assert f"✗ only messages that exist {says}\n    {club}: message " in fixed.output, fixed.output
    for tables in ("thread, thread_reply, thread_participant", "message_mention", "scheduled_message"):
        assert f"✗ nothing of a deleted chat is left in {tables}\n    {club}: it was purged at " in fixed.output
    for table in _TABLES:
        assert not await rows(container, f"SELECT FROM {table}"), table
    assert (await manage(database_address, "doctor", "--least-free-mb=0")).exit_code == 0
