"""Who gets no mails, and what is deleted with accounts and chats."""

import pytest

from app.modules.accounts_module.tests.erasing import erase
from app.modules.bots_module.tests.bots import add, create_bot
from app.modules.digests_module.db.invariants import NO_MAILS_OF_ERASED
from app.modules.digests_module.tests.digests import Digests, write_to
from app.modules.recovery_module.tests.links import email_of
from tests.fakers import PASSWORD, FakeClient, eventually, ok


async def test_an_address_that_is_not_verified_gets_no_mail(
    anna: FakeClient, boris: FakeClient, digests: Digests
) -> None:
    chat = await write_to(anna, boris, "1")
    await digests.after()
    assert digests.mails_to(anna) == []
    await digests.verify(anna)
    await boris.send(chat, "2")
    await digests.after()
    assert digests.messages_to(anna) == ["Борис 🐻: 2"]


async def test_a_deactivated_account_gets_no_mail(anna: FakeClient, boris: FakeClient, digests: Digests) -> None:
    await digests.verify(anna)
    await write_to(anna, boris, "1")
    await digests.run()
    ok(await anna.post("/accounts/me/deactivate", {"password": PASSWORD, "messages": "keep"}))
    await digests.after()
    assert digests.mails_to(anna) == []


@pytest.mark.usefixtures("erasing_at_once")
async def test_nothing_of_an_erased_account_is_left(anna: FakeClient, boris: FakeClient, digests: Digests) -> None:
    await digests.verify(anna)
    await write_to(anna, boris, "1")
    await digests.hold_back()
    error = await digests.connection.fetchval("SELECT last_error FROM job WHERE name = 'digests.send'")
    assert email_of(anna) in error
    await erase(digests.container, digests.connection, anna)
    for query in (
        "SELECT count(*) FROM digest_position WHERE account_id = $1",
        "SELECT count(*) FROM job WHERE owner_id = $1 AND name = 'digests.send'",
    ):
        assert await digests.connection.fetchval(query, anna.uuid) == 0


async def test_bots_get_no_mail(anna: FakeClient, digests: Digests) -> None:
    bot = await create_bot(anna)
    club = await anna.open_chat(title="Клуб")
    await add(anna, club, bot)
    await anna.send(club, "@all")
    await digests.run()
    assert await digests.connection.fetchval("SELECT count(*) FROM digest_position") == 0


async def test_nothing_of_a_deleted_chat_is_left(anna: FakeClient, boris: FakeClient, digests: Digests) -> None:
    club = await anna.open_chat(boris, title="Клуб")
    await anna.send(club, "@all")
    await digests.run()
    query = "SELECT (SELECT count(*) FROM digest_position) + (SELECT count(*) FROM digest_chat)"
    assert await digests.connection.fetchval(query) == 2
    assert (await anna.delete(f"/chats/{club}")).is_success

    async def is_gone() -> bool:
        return bool(await digests.connection.fetchval(query) == 0)

    await eventually(is_gone)


async def test_doctor_deletes_mails_of_an_account_that_was_erased_while_the_module_was_off(
    anna: FakeClient, boris: FakeClient, digests: Digests
) -> None:
    await digests.verify(anna)
    await write_to(anna, boris, "1")
    await digests.hold_back()
    find, (fix,) = NO_MAILS_OF_ERASED.find, NO_MAILS_OF_ERASED.fix
    assert await digests.connection.fetch(find) == []
    await digests.connection.execute(
        "UPDATE account SET erased_at = now() - interval '25 hours' WHERE id = $1", anna.uuid
    )
    assert [row["stream_id"] for row in await digests.connection.fetch(find)] == [anna.uuid]
    await digests.connection.execute(fix, [anna.uuid])
    assert await digests.connection.fetch(find) == []
