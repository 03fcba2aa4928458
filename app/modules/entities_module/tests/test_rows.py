"""Rows of mentions: they go with messages, chats and accounts, and doctor compares them with the messages."""

from uuid import UUID

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.accounts_module.tests.erasing import erase, erase_row_by_row
from app.modules.entities_module.db import INVARIANTS
from app.modules.entities_module.services.parts import MENTIONS_OF_ACCOUNT
from app.modules.entities_module.tests.reading import mentions_of, unread
from app.modules.messages_module.extension import Messages
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, eventually, ok


async def test_messages_that_the_server_sends_and_erases_count(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    await anna.send(club, f"@{boris.username}")
    async with open_unit_of_work(container.get(Database)) as work:
        await container.get(Messages).erase(work, UUID(club), [1], reason="test")  # type: ignore[type-abstract]
    assert await unread(boris, club) == 0
    assert await mentions_of(boris) == []


async def count_rows(container: Container) -> int:
    return len(await rows(container, "SELECT FROM message_mention"))


async def test_nothing_is_left_of_a_deleted_chat(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    await anna.send(club, f"@{boris.username}")
    await anna.send(club, "@all")
    ok(await anna.delete(f"/chats/{club}"))

    async def is_empty() -> bool:
        return await count_rows(container) == 0

    await eventually(is_empty)


async def test_nothing_is_left_of_an_erased_account(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str, container: Container
) -> None:
    other = await anna.open_chat(boris, clara)
    await anna.send(club, f"@{boris.username}")
    await anna.send(other, f"@{boris.username} и @{clara.username}")
    ok(await boris.delete(f"/chats/{other}/members/{boris.id}"))
    assert await erase_row_by_row(container, MENTIONS_OF_ACCOUNT, boris, 3) == [True, True, False]
    assert await count_rows(container) == 1
    assert await mentions_of(clara) == [(other, 1, True)]


async def test_mentions_that_do_not_agree_with_the_messages_are_found_and_counted_again(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    await anna.send(club, f"@{boris.username} @{anna.username}")
    await anna.send(club, "@all")
    await anna.send(club, "никто")
    (invariant,) = INVARIANTS
    assert await rows(container, invariant.find) == []
    await rows(container, "DELETE FROM message_mention WHERE seq = 1")
    await rows(container, "UPDATE message_mention SET seq = 3 WHERE seq = 2")
    assert len(await rows(container, invariant.find)) == 3
    for statement in invariant.fix:
        await rows(container, statement, [UUID(club)])
    assert await rows(container, invariant.find) == []
    assert await unread(boris, club) == 2


@pytest.mark.usefixtures("erasing_at_once")
async def test_mentions_of_an_erased_account_are_neither_missed_nor_counted_again(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, container: Container, connection: Connection
) -> None:
    chat_id = await anna.open_chat(boris, clara)
    await anna.send(chat_id, f"@{boris.username} и @{clara.username}")
    await erase(container, connection, boris)
    assert await count_rows(container) == 1
    (invariant,) = INVARIANTS
    assert await rows(container, invariant.find) == []
    for statement in invariant.fix:
        await rows(container, statement, [UUID(chat_id)])
    assert await count_rows(container) == 1
