"""The search for unread messages: in pages, from where it has come to, and by one process or several."""

import asyncio
from uuid import UUID

import pytest

from app.modules.digests_module.db.cruds import finding as crud
from app.modules.digests_module.services import choosing, finding
from app.modules.digests_module.services.periodic import FIND
from app.modules.digests_module.tests.digests import SETTINGS, Digests, write_to
from app.modules.streams_module.services.log import now
from tests.fakers import FakeClient, ok
from tests.periodic_jobs import run_once


@pytest.fixture
def in_small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, count in (("_CHATS_AT_ONCE", 1), ("_MESSAGES_AT_ONCE", 2), ("_MEMBERS_AT_ONCE", 1)):
        monkeypatch.setattr(finding, name, count)
    monkeypatch.setattr(choosing, "_ACCOUNTS_AT_ONCE", 1)


@pytest.mark.usefixtures("in_small_pages")
async def test_all_chats_messages_and_members_are_found(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, digests: Digests
) -> None:
    users = (anna, boris, clara)
    await digests.verify(*users)
    clubs = [await anna.open_chat(boris, clara, title=f"Клуб {number}") for number in range(3)]
    ok(await clara.put(SETTINGS, {"email": "all"}))
    for club in clubs:
        await boris.send(club, "@all 1")
        for text in ("2", "3", "@all 4"):
            await anna.send(club, text)
    await digests.after()
    # Who writes has read what was before.
    assert digests.messages_to(anna) == []
    assert digests.messages_to(boris) == ["Анна: @all 4"] * 3
    found = ["Борис 🐻: @all 1", "Анна: 2", "Анна: 3", "Анна: @all 4"]
    assert sorted(digests.messages_to(clara)) == sorted(found * 3)


async def test_of_very_many_unread_messages_the_first_are_mailed_and_the_rest_never(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, digests: Digests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "_MESSAGES_AT_ONCE", 3)
    await digests.verify(anna, clara)
    club = await boris.open_chat(anna, clara, title="Клуб")
    ok(await clara.put(SETTINGS, {"email": "all"}))
    for number in range(9):
        await boris.send(club, f"@{anna.username} {number}" if number == 4 else str(number))
    await digests.after()
    assert digests.messages_to(clara)[:-1] == ["Борис 🐻: 0", "Борис 🐻: 1", "Борис 🐻: 2"]
    assert digests.messages_to(clara)[-1].startswith("There are more")
    await boris.send(club, "9")
    await digests.after(600)
    assert digests.messages_to(clara)[4:] == ["Борис 🐻: 9"]


@pytest.mark.usefixtures("in_small_pages")
async def test_what_was_sent_before_the_mails_were_switched_on_is_not_mailed(
    anna: FakeClient, boris: FakeClient, digests: Digests
) -> None:
    await digests.verify(anna)
    chat = await write_to(anna, boris, "before")
    for table in ("digest_search", "digest_chat", "digest_position"):
        await digests.connection.execute(f"DELETE FROM {table}")  # noqa: S608 - a constant
    await digests.run()
    await boris.send(chat, "after")
    await digests.after()
    assert digests.messages_to(anna) == ["Борис 🐻: after"]


async def test_what_was_sent_while_the_mails_were_off_for_a_day_is_not_mailed(
    anna: FakeClient, boris: FakeClient, digests: Digests
) -> None:
    await digests.verify(anna)
    chat = await write_to(anna, boris, "off")
    await digests.connection.execute("UPDATE digest_search SET ran_at = ran_at - interval '25 hours'")
    await digests.run()
    await boris.send(chat, "on")
    await digests.after()
    assert digests.messages_to(anna) == ["Борис 🐻: on"]


async def test_runs_at_the_same_time_mail_each_message_once(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, digests: Digests
) -> None:
    await digests.verify(anna, clara)
    for reader in (anna, clara):
        await write_to(reader, boris, *"1234")
    await digests.run()
    await digests.age(61)
    await asyncio.gather(*(run_once(digests.container, FIND) for _ in range(4)))
    await digests.run()
    for reader in (anna, clara):
        assert digests.messages_to(reader) == [f"Борис 🐻: {number}" for number in range(1, 5)]
        assert len(digests.mails_to(reader)) == 1


async def test_one_mail_at_a_time_although_another_chat_is_due_soon(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, digests: Digests
) -> None:
    await digests.verify(anna)
    await write_to(anna, boris, "1")
    await digests.after(30)
    await write_to(anna, clara, "2")
    await digests.after(31)
    assert digests.messages_to(anna) == ["Борис 🐻: 1"]
    await digests.after(31)
    assert digests.messages_to(anna) == ["Борис 🐻: 1"]
    await digests.after(30)
    assert digests.messages_to(anna) == ["Борис 🐻: 1", "Clara: 2"]


async def test_a_chat_that_is_deleted_while_it_is_compared_is_not_noted_as_seen(
    anna: FakeClient, boris: FakeClient, digests: Digests
) -> None:
    deleted, kept = [await anna.open_chat(boris, title=title) for title in ("Старый клуб", "Новый клуб")]
    for chat in (deleted, kept):
        await anna.send(chat)
    found = await crud.list_chats(digests.connection, crud.NO_CHAT, crud.EVERY_CHAT, now())
    assert {UUID(deleted), UUID(kept)} <= {chat.id for chat in found}
    ok(await anna.delete(f"/chats/{deleted}"))
    await crud.write_seen(digests.connection, found)
    seen = {row["chat_id"] for row in await digests.connection.fetch("SELECT chat_id FROM digest_chat")}
    assert UUID(kept) in seen
    assert UUID(deleted) not in seen
