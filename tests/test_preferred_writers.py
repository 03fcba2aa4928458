"""A chat is written by another process, which is killed or frozen in the middle of many sends."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from anyio import to_thread

from app.adapters.db.address import DatabaseAddress
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.services.delegation import Delegation
from app.modules.messages_module.services.send_queue import SendQueue
from app.modules.messages_module.services.sends import Sent
from app.modules.messages_module.settings import MessagesSettings
from app.settings import Settings
from app.utils.container import Container
from tests.fakers import FakeClient, eventually, ok
from tests.processes import RunningServer

pytestmark = pytest.mark.usefixtures("every_process_writes")
CHATS = 6


@pytest.fixture
async def writer(
    project: Path, settings: Settings, database_address: DatabaseAddress, container: Container, anna: FakeClient
) -> AsyncIterator[RunningServer]:
    """Another process, which writes about half of the chats."""
    folder = settings.own[MessagesSettings].model_dump()["delegation_folder"]
    variables = database_address.variables() | {"SEND_DELEGATION_FOLDER": str(folder), "API_RELOAD": "false"}
    with RunningServer(project, Path("never-made"), **variables) as server:
        await to_thread.run_sync(server.wait_until_ready)
        await until_connected(container, 1)
        yield server


async def until_connected(container: Container, count: int) -> None:
    async def is_so() -> bool:
        return container.get(Delegation).group.ready == count

    await eventually(is_so)


async def chats_of_the_other(container: Container, *users: FakeClient) -> list[UUID]:
    chats: list[UUID] = []
    while len(chats) < CHATS:
        chat = UUID(await users[0].open_chat(*users[1:]))
        if container.get(Delegation).group.find(chat) is not None:
            chats.append(chat)
    return chats


class Talk:
    """Sends of several users to several chats. Each send has the next number of its user in its chat as its text."""

    def __init__(self, container: Container, users: list[FakeClient], chats: list[UUID]) -> None:
        self._queue = container.get(SendQueue)
        self._users = users
        self._chats = chats
        self._sent = 0
        self.results: list[asyncio.Future[Sent]] = []

    async def send(self, rounds: int) -> None:
        for number in range(self._sent, self._sent + rounds):
            for chat in self._chats:
                for user in self._users:
                    message = MessageCreate(client_msg_id=uuid4(), text=str(number))
                    result = self._queue.submit(chat, user.uuid, message)
                    self.results.append(asyncio.ensure_future(result))
            await asyncio.sleep(0)
        self._sent += rounds

    async def until_some_are_written(self) -> None:
        async def is_so() -> bool:
            return any(result.done() for result in self.results)

        await eventually(is_so)

    async def check(self) -> None:
        """Each send has succeeded once, and each user's sends have kept their order."""
        assert all(isinstance(result, Sent) for result in await asyncio.gather(*self.results))
        for chat in self._chats:
            items = await history(self._users[0], chat)
            assert [item["seq"] for item in items] == list(range(1, len(items) + 1))
            for user in self._users:
                texts = [item["text"] for item in items if item["sender_id"] == user.id]
                assert texts == [str(number) for number in range(self._sent)]


async def history(user: FakeClient, chat: UUID) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    while page := ok(await user.get(f"/chats/{chat}/messages", after_seq=len(items), limit=200))["items"]:
        items += page
    return items


async def test_sends_survive_the_death_of_the_process_that_writes_them(
    writer: RunningServer, container: Container, anna: FakeClient, boris: FakeClient
) -> None:
    talk = Talk(container, [anna, boris], await chats_of_the_other(container, anna, boris))
    await talk.send(60)
    await talk.until_some_are_written()
    writer.end(signal.SIGKILL)
    await talk.send(60)
    await talk.check()
    group = container.get(Delegation).group
    assert group.ready == 0
    folder = group.folder
    assert folder is not None

    async def is_tidy() -> bool:
        return folder.list_names() == [group.name]

    await eventually(is_tidy)


async def test_a_frozen_process_delays_sends_and_doubles_none_when_it_goes_on(
    writer: RunningServer, container: Container, anna: FakeClient, boris: FakeClient
) -> None:
    talk = Talk(container, [anna, boris], await chats_of_the_other(container, anna, boris))
    await talk.send(10)
    await talk.check()
    for pid in writer.family():
        os.kill(pid, signal.SIGSTOP)
    await talk.send(40)
    # All results come while the process is frozen.
    await talk.check()
    for pid in writer.family():
        os.kill(pid, signal.SIGCONT)
    await until_connected(container, 1)
    await talk.send(20)
    await talk.check()
