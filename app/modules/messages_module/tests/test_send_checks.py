"""Checks of sends: which sends of a batch they are asked about."""

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

import orjson
import pytest
from fastapi import FastAPI

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.messages_module.extension import CheckedSend, SendCheck, set_check
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.services.send_queue import SendQueue
from app.modules.messages_module.services.sends import Sent
from app.services.context import Context
from app.services.errors import Conflict, ServiceError
from app.settings import Settings
from app.utils.container import Container
from app.utils.module import Module
from tests.fakers import FakeClient
from tests.servers import build_with


async def accept_first(context: Context, sends: Sequence[CheckedSend]) -> Sequence[ServiceError | None]:
    """Like a limit per sender: accepts one send of a batch."""
    return [Conflict("slow") if place else None for place in range(len(sends))]


MODULE = Module(
    name="test",
    description="A check of this test",
    depends_on=("messages",),
    contributes=(SendCheck("slow", accept_first),),
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
