"""Presence is published to the members of an account's chats, however many chats it has; small chats come first."""

import pytest

from app.modules.sockets_module.services import presence
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
