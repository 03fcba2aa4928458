"""Erased accounts and forwards of their messages."""

import asyncio
from uuid import UUID

import pytest

from app.adapters.db.connection import Connection
from app.modules.accounts_module.extension import Erasure
from app.modules.accounts_module.tests.erasing import erase
from app.modules.forwards_module.tests.forwarding import forward
from app.modules.messages_module.services.send_queue import SendQueue
from app.utils.container import Container
from tests.busy import when_not_busy
from tests.databases import rows
from tests.fakers import FakeClient, eventually, ok

pytestmark = pytest.mark.usefixtures("erasing_at_once")


@pytest.mark.parametrize("mode", ["keep", "delete"])
async def test_forwards_of_an_erased_account_stay_without_its_name(
    container: Container,
    connection: Connection,
    anna: FakeClient,
    boris: FakeClient,
    clara: FakeClient,
    club: str,
    mode: Erasure,
) -> None:
    ok(await anna.patch("/accounts/me", {"display_name": "Анна Каренина"}))
    sent = await anna.send(club, "Все счастливые семьи")
    cafes = [await boris.open_chat(clara, title=title) for title in ("Кафе", "Чай")]
    for number in range(3):
        ok(await forward(boris, club, 1, cafes[number % 2]))
    ok(await forward(clara, cafes[0], 1, cafes[1]))
    await erase(container, connection, anna, mode)
    nameless = {"sender_name": "", "sent_at": sent["created_at"]}
    for cafe, count in zip(cafes, (2, 2), strict=True):
        items = ok(await clara.get(f"/chats/{cafe}/messages"))["items"]
        assert [(item["text"], item["forwarded_from"]) for item in items] == [
            ("Все счастливые семьи", nameless)
        ] * count
        assert "Каренина" not in str(await clara.events(cafe))
    assert ok(await clara.get(f"/chats/{cafes[0]}/messages/1"))["edited_at"] is None
    # A forward made afterwards is without a name, too.
    ok(await forward(clara, cafes[0], 1, cafes[1]))
    assert ok(await clara.get(f"/chats/{cafes[1]}/messages/3"))["forwarded_from"] == nameless


async def test_a_forward_that_waits_during_the_erasure_of_the_author_has_no_name(
    container: Container, connection: Connection, anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str
) -> None:
    await anna.send(club, "Все счастливые семьи")
    first, second, third = [await boris.open_chat(clara, title=title) for title in ("Кафе", "Чай", "Сад")]
    ok(await forward(boris, club, 1, first))
    queue = container.get(SendQueue)

    async def both_wait() -> bool:
        return queue._waiting == 2

    async with connection.transaction():
        await connection.execute("SELECT FROM stream WHERE id = ANY($1) FOR UPDATE", [UUID(second), UUID(third)])
        # Of the message, and of its forward.
        forwards = asyncio.gather(
            when_not_busy(lambda: forward(boris, club, 1, second)),
            when_not_busy(lambda: forward(boris, first, 1, third)),
        )
        await eventually(both_wait)
        await erase(container, connection, anna)
    assert [ok(answer)["forwarded_from"]["sender_name"] for answer in await forwards] == ["", ""]
    assert await rows(container, "SELECT FROM message_forward WHERE author_id IS NOT NULL") == []
    assert "Анна" not in str([await clara.events(chat) for chat in (first, second, third)])
