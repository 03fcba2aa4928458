"""The background work after a chat was deleted, in chunks, by any process."""

from uuid import UUID, uuid4

import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.fastapi_engine.constructor import build_app
from app.modules.accounts_module.tests.erasing import erase, until_done
from app.settings import Settings
from app.utils.container import Container
from tests.fakers import FakeClient, eventually, ok
from tests.manage import manage
from tests.servers import served
from tests.waiting import until

_CROWD = """
WITH made AS (
    INSERT INTO account (id, email, email_key, username, display_name, password_hash)
    SELECT id, id || '@example.com', id || '@example.com', 'guest_' || n, 'Гость', 'none'
    FROM unnest($1::uuid[]) WITH ORDINALITY AS new(id, n) RETURNING id
)
INSERT INTO stream (id) SELECT id FROM made
"""
_DELETION_EVENTS = (
    "SELECT count(*) FROM event WHERE stream_id = ANY($1) AND kind = 'chat.left' AND data->>'reason' = 'deleted'"
)
_REMOVED_AT_ONCE = """
SELECT max(count) FROM (SELECT count(*) FROM event WHERE kind = 'chat.left' GROUP BY xmin::text) AS removed
"""
_LEFT = """
SELECT (SELECT count(*) FROM chat_member WHERE chat_id = $1) + (SELECT count(*) FROM account_chat WHERE chat_id = $1)
     + (SELECT count(*) FROM message WHERE chat_id = $1) + (SELECT count(*) FROM reaction WHERE chat_id = $1)
     + (SELECT count(*) FROM event WHERE stream_id = $1 AND kind <> 'chat.deleted')
"""
_WORDS = """
SELECT (SELECT count(*) FROM chat c WHERE id = $1 AND c::text LIKE '%слово%')
     + (SELECT count(*) FROM message m WHERE chat_id = $1 AND m::text LIKE '%слово%')
     + (SELECT count(*) FROM event WHERE stream_id = $1 AND data::text LIKE '%слово%')
"""
_PURGED = "SELECT purged_at IS NOT NULL FROM chat WHERE id = $1"


async def test_each_of_more_members_than_a_chunk_is_notified_once(anna: FakeClient, sql: Connection) -> None:
    crowd = [uuid4() for _ in range(150)]
    await sql.execute(_CROWD, crowd)
    chat = ok(await anna.post("/chats", {"type": "channel", "member_ids": [str(guest) for guest in crowd]}))["id"]
    await anna.send(chat)
    ok(await anna.put(f"/chats/{chat}/messages/1/reactions/👍"))
    ok(await anna.delete(f"/chats/{chat}"))
    await until(sql, _PURGED, UUID(chat))
    assert await sql.fetchval(_DELETION_EVENTS, [*crowd, anna.uuid]) == 151
    assert await sql.fetchval(_LEFT, UUID(chat)) == 0


async def test_few_members_are_removed_by_one_transaction(anna: FakeClient, sql: Connection) -> None:
    """With each, thousands of its positions in threads may end."""
    crowd = [uuid4() for _ in range(25)]
    await sql.execute(_CROWD, crowd)
    chat = ok(await anna.post("/chats", {"type": "channel", "member_ids": [str(guest) for guest in crowd]}))["id"]
    ok(await anna.delete(f"/chats/{chat}"))
    await until(sql, _PURGED, UUID(chat))
    assert await sql.fetchval(_DELETION_EVENTS, [*crowd, anna.uuid]) == 26
    assert await sql.fetchval(_REMOVED_AT_ONCE) <= 10


async def test_no_text_of_a_deleted_chat_is_kept(anna: FakeClient, sql: Connection) -> None:
    chat = await anna.open_chat(title="слово 1", description="слово 2")
    ok(await anna.patch(f"/chats/{chat}", {"title": "слово 3", "description": "слово 4"}))
    await anna.send(chat, "слово 5")
    ok(await anna.patch(f"/chats/{chat}/messages/1", {"text": "слово 6"}))
    assert await sql.fetchval(_WORDS, UUID(chat)) > 0
    ok(await anna.delete(f"/chats/{chat}"))
    await until(sql, _PURGED, UUID(chat))
    assert await sql.fetchval(_WORDS, UUID(chat)) == 0


@pytest.mark.usefixtures("erasing_at_once")
async def test_a_direct_chat_is_deleted_when_its_second_account_is_erased(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, container: Container, sql: Connection
) -> None:
    chat, kept = await anna.open_chat(boris, type="direct"), await anna.open_chat(clara, type="direct")
    for each in (chat, kept):
        await anna.send(each, "слово")
    await erase(container, sql, anna)
    assert ok(await boris.get(f"/chats/{chat}"))["last_message"]["text"] == "слово"
    await erase(container, sql, boris)
    await until(sql, _PURGED, UUID(chat))
    assert await sql.fetchval(_WORDS, UUID(chat)) == 0
    assert ok(await clara.get(f"/chats/{kept}"))["last_message"]["text"] == "слово"


@pytest.mark.usefixtures("erasing_at_once")
async def test_a_direct_chat_that_an_older_version_left_is_found_and_goes_with_a_second_erasure(
    anna: FakeClient, boris: FakeClient, sql: Connection, database_address: DatabaseAddress
) -> None:
    chat = await anna.open_chat(boris, type="direct")
    await anna.send(chat, "слово")

    async def doctor() -> str:
        return (await manage(database_address, "doctor", "--least-free-mb=0")).output

    says = "no direct chat has only erased members"
    names = sorted([f"deleted-{user.uuid.hex}" for user in (anna, boris)])
    for user, days in ((anna, 2), (boris, 0)):
        close = "UPDATE account SET erased_at = now() - make_interval(days => $2), username = $3 WHERE id = $1"
        await sql.execute(close, user.uuid, days, f"deleted-{user.uuid.hex}")
    assert f"✓ {says}" in await doctor()
    await sql.execute("UPDATE account SET erased_at = now() - interval '2 days'")
    assert f"✗ {says}\n    {chat}: {' and '.join(names)}\n" in await doctor()
    assert (await manage(database_address, "account", "erase", names[0], "--yes")).exit_code == 0
    await until_done(sql)
    await until(sql, _PURGED, UUID(chat))
    assert await sql.fetchval(_WORDS, UUID(chat)) == 0
    assert f"✓ {says}" in await doctor()


async def test_another_process_finishes_an_interrupted_deletion(
    anna: FakeClient, boris: FakeClient, club: str, sql: Connection, settings: Settings
) -> None:
    kept = await anna.open_chat(boris)
    for chat in (club, kept):
        await anna.send(chat)
    # As after a crash: the chat is deleted, one member is notified, and nothing is purged.
    await sql.execute("UPDATE chat SET deleted_at = now() WHERE id = $1", UUID(club))
    await sql.execute("DELETE FROM chat_member WHERE chat_id = $1 AND account_id = $2", UUID(club), anna.uuid)
    await sql.execute("DELETE FROM account_chat WHERE chat_id = $1 AND account_id = $2", UUID(club), anna.uuid)
    async with served(build_app(settings)):
        await until(sql, _PURGED, UUID(club))
    assert await sql.fetchval(_DELETION_EVENTS, [anna.uuid]) == 0
    assert await sql.fetchval(_DELETION_EVENTS, [boris.uuid]) == 1
    assert await sql.fetchval(_LEFT, UUID(club)) <= 1
    assert ok(await boris.get(f"/chats/{kept}"))["last_message"]["seq"] == 1
    assert len(await boris.events(kept)) == 3


_REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'too many rows'; END $$;
CREATE TRIGGER refuse BEFORE DELETE ON message FOR EACH ROW WHEN (OLD.chat_id = '{}') EXECUTE FUNCTION refuse()
"""
_ALLOW = "DROP TRIGGER IF EXISTS refuse ON message; DROP FUNCTION IF EXISTS refuse()"


async def test_a_chat_that_cannot_be_purged_does_not_keep_later_ones_and_is_tried_again(
    anna: FakeClient, boris: FakeClient, sql: Connection
) -> None:
    refused, *later = [await anna.open_chat(boris) for _ in range(4)]
    for chat in (refused, *later):
        await anna.send(chat)
    try:
        await sql.execute(_REFUSE.format(refused))
        for chat in (refused, *later[:2]):
            ok(await anna.delete(f"/chats/{chat}"))
        for chat in later[:2]:
            await until(sql, _PURGED, UUID(chat))
        assert await sql.fetchval(_DELETION_EVENTS, [boris.uuid]) == 3
        assert not await sql.fetchval(_PURGED, UUID(refused))
    finally:
        await sql.execute(_ALLOW)
    ok(await anna.delete(f"/chats/{later[2]}"))
    for chat in (refused, later[2]):
        await until(sql, _PURGED, UUID(chat))
    assert await sql.fetchval(_LEFT, UUID(refused)) == 0


_ENDED_BEFORE = """
SELECT (SELECT max(at) FROM event WHERE stream_id = $1 AND kind = 'chat.left')
     < (SELECT min(purged_at) FROM chat WHERE id = ANY($2))
"""


async def test_memberships_of_all_deleted_chats_end_before_the_contents_of_any_are_deleted(
    anna: FakeClient, boris: FakeClient, sql: Connection
) -> None:
    chats = [await anna.open_chat(boris) for _ in range(3)]
    async with sql.transaction():
        # No membership ends before all of the chats are deleted.
        await sql.execute("SELECT FROM stream WHERE id = $1 FOR UPDATE", boris.uuid)
        for chat in chats:
            ok(await anna.delete(f"/chats/{chat}"))
    for chat in chats:
        await until(sql, _PURGED, UUID(chat))
    assert await sql.fetchval(_ENDED_BEFORE, boris.uuid, [UUID(chat) for chat in chats])


_OF_OTHERS = """
SELECT (SELECT count(*) FROM message_pin WHERE chat_id = $1)
     + (SELECT count(*) FROM event WHERE stream_id = $1 AND kind <> 'chat.deleted')
"""


async def test_rows_of_a_module_that_cannot_be_deleted_keep_none_of_other_modules(
    anna: FakeClient, boris: FakeClient, sql: Connection
) -> None:
    chat, later = await anna.open_chat(boris), await anna.open_chat(boris)
    await anna.send(chat)
    ok(await anna.put(f"/chats/{chat}/pins/1"))

    async def are_deleted() -> bool:
        return not await sql.fetchval(_OF_OTHERS, UUID(chat))

    try:
        await sql.execute(_REFUSE.format(chat))
        ok(await anna.delete(f"/chats/{chat}"))
        await eventually(are_deleted)
        assert not await sql.fetchval(_PURGED, UUID(chat))
        assert await sql.fetchval(_LEFT, UUID(chat)) == 1
    finally:
        await sql.execute(_ALLOW)
    ok(await anna.delete(f"/chats/{later}"))
    await until(sql, _PURGED, UUID(chat))
    assert await sql.fetchval(_LEFT, UUID(chat)) == 0
