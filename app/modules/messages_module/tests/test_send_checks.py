"""Checks of sends: which sends of a batch they are asked about, and what they see of an edit."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from fastapi import FastAPI

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.messages_module.extension import CheckedSend, MessagePart, SendCheck, set_check
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.services.send_queue import SendQueue
from app.modules.messages_module.services.sends import Sent
from app.services.context import Context
from app.services.errors import Conflict, ServiceError
from app.settings import Settings
from app.utils.container import Container
from app.utils.module import Module
from tests.fakers import FakeClient, ok
from tests.servers import build_with


async def accept_first(context: Context, sends: Sequence[CheckedSend]) -> Sequence[ServiceError | None]:
    """Like a limit per sender: accepts one send of a batch."""
    return [Conflict("slow") if place else None for place in range(len(sends))]


FIELDS = ("client_msg_id", "text", "reply_to_seq", "is_urgent", "color")
seen: list[tuple[Any, ...]] = []


async def see(context: Context, sends: Sequence[CheckedSend]) -> Sequence[ServiceError | None]:
    seen.extend(tuple(getattr(send.request, name) for name in FIELDS) for send in sends)
    return [None for _ in sends]


MODULE = Module(
    name="test",
    description="A check of this test",
    depends_on=("messages",),
    contributes=(
        SendCheck("slow", accept_first),
        SendCheck("seen", see),
        MessagePart("is_urgent", read=bool, create=bool, empty=False),
        MessagePart("color", read=str | None, create=str | None, update=str | None),
    ),
)


@pytest.fixture
async def app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    return build_with(settings, monkeypatch, MODULE)


async def test_a_send_that_is_repeated_while_it_waits_is_checked_once(
    anna: FakeClient, club: str, container: Container
) -> None:
    async with open_unit_of_work(container.get(Database)) as work:
        await set_check(work, UUID(club), "slow", True)
    queue = container.get(SendQueue)
    message = MessageCreate(client_msg_id=uuid4(), text="1")
    # Submitted before the writer runs, so all are in one batch.
    sends = [queue.submit(UUID(club), anna.uuid, each) for each in (message, message, MessageCreate(text="2"))]
    first, again, other = await asyncio.gather(*sends, return_exceptions=True)
    assert isinstance(first, Sent)
    assert isinstance(again, Sent)
    assert orjson.loads(again.body) == orjson.loads(first.body)
    assert (first.replayed, again.replayed) == (False, True)
    assert isinstance(other, Conflict)


async def test_a_check_sees_all_fields_of_a_message_in_a_send_and_in_an_edit(
    anna: FakeClient, club: str, container: Container
) -> None:
    await anna.send(club, "1")
    seen.clear()
    async with open_unit_of_work(container.get(Database)) as work:
        await set_check(work, UUID(club), "seen", True)
    client_msg_id = uuid4()
    body = {"client_msg_id": str(client_msg_id), "reply_to_seq": 1, "is_urgent": True, "color": "red"}
    await anna.send(club, "2", **body)
    ok(await anna.patch(f"/chats/{club}/messages/2", {"text": "3"}))
    edited = ok(await anna.patch(f"/chats/{club}/messages/2", {"color": "blue"}))
    assert (edited["text"], edited["reply_to_seq"], edited["is_urgent"], edited["color"]) == ("3", 1, True, "blue")
    assert seen == [
        (client_msg_id, "2", 1, True, "red"),
        (client_msg_id, "3", 1, True, "red"),
        (client_msg_id, "3", 1, True, "blue"),
    ]
