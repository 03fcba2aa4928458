"""Presence is published to the other members of an account's newest 300 chats; small chats come first."""

import pytest

from app.modules.chats_module.services import socket as chats
from app.modules.sockets_module.services import presence
from app.modules.sockets_module.services.sources import Sources
from app.utils.container import Container
from tests.fakers import FakeClient, FakeSocket

MANY = 40


def has_seen(socket: FakeSocket, user: FakeClient) -> bool:
    return any(signal["kind"] == "presence" and signal["account_id"] == user.id for signal in socket.signals)


async def test_presence_is_published_to_every_chat(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, live_server: str
) -> None:
    await anna.open_chat(boris)
    for _ in range(MANY):
        await anna.open_chat(clara)
    # Her socket stays open: of one that is closed at once nothing need be published.
    async with FakeSocket(boris, live_server) as socket, FakeSocket(anna, live_server):
        await socket.until(lambda: has_seen(socket, anna))


async def test_the_smallest_chats_come_first_if_there_are_too_many_members(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, live_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert presence._MAX_RECEIVERS == 5_000
    monkeypatch.setattr(presence, "_MAX_RECEIVERS", 3)
    await anna.open_chat(boris)
    await anna.open_chat(boris, clara)
    async with (
        FakeSocket(boris, live_server) as socket,
        FakeSocket(clara, live_server) as other,
        FakeSocket(anna, live_server),
    ):
        await socket.until(lambda: has_seen(socket, anna))
        await other.ask("ping")
        assert not has_seen(other, anna)


async def test_presence_is_not_published_to_chats_without_other_members(
    anna: FakeClient, boris: FakeClient, container: Container
) -> None:
    await anna.open_chat()
    shared = await anna.open_chat(boris)
    audience = await container.get(Sources).list_audience(anna.uuid, presence._MAX_RECEIVERS)
    assert [str(chat_id) for chat_id in audience] == [shared]


async def test_presence_is_published_to_the_newest_chats_if_there_are_too_many(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert chats.PRESENCE_CHATS == 300
    monkeypatch.setattr(chats, "PRESENCE_CHATS", 2)
    oldest = await anna.open_chat(boris, clara)
    await anna.open_chat(boris)
    newest = await anna.open_chat(clara)
    await boris.send(oldest)
    audience = await container.get(Sources).list_audience(anna.uuid, presence._MAX_RECEIVERS)
    assert [str(chat_id) for chat_id in audience] == [newest, oldest]
