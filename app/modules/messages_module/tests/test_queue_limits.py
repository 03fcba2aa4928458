"""So many sends wait for a chat, and so many in a process. Further ones are refused."""

import asyncio
from uuid import UUID

import pytest

from app.adapters.db.connection import Connection
from app.modules.messages_module.errors import QueueFull
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.services import send_queue
from app.modules.messages_module.services.send_queue import SendQueue
from app.modules.messages_module.services.sends import Sent
from app.modules.messages_module.tests.stuck import patient_app
from app.utils.container import Container
from tests.fakers import FakeClient, ok, problem

app = patient_app


@pytest.mark.parametrize("limit", ["MAX_WAITING_IN_CHAT", "MAX_WAITING"])
async def test_a_send_is_refused_while_too_many_wait(
    anna: FakeClient,
    club: str,
    container: Container,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
) -> None:
    monkeypatch.setattr(send_queue, limit, 3)
    queue, other = container.get(SendQueue), await anna.open_chat()
    async with connection.transaction():
        await connection.execute("SELECT FROM stream WHERE id = $1 FOR UPDATE", UUID(club))
        waiting = [queue.submit(UUID(club), anna.uuid, MessageCreate(text="?")) for _ in range(3)]
        refused, elsewhere = [await anna.post(f"/chats/{chat}/messages", {"text": "?"}) for chat in (club, other)]
    sent = await asyncio.gather(*waiting, return_exceptions=True)
    assert problem(refused, 503, "unavailable")["title"] == QueueFull.title
    assert refused.headers["retry-after"] == "1"
    # The limit of a chat leaves room for another one.
    assert elsewhere.status_code == (201 if limit == "MAX_WAITING_IN_CHAT" else 503)
    assert {type(each) for each in sent} == {Sent}
    await anna.send(club)


async def test_sends_that_were_put_back_do_not_change_how_many_wait(
    anna: FakeClient, club: str, container: Container
) -> None:
    await anna.send(club)
    # The next batch does not find the chat as this process has left it, and is put back.
    ok(await anna.patch(f"/chats/{club}", {"title": "Новый клуб"}))
    await anna.send(club)
    assert container.get(SendQueue)._waiting == 0
