"""An account that closes its last socket and returns soon stays online for the others."""

from datetime import timedelta

import pytest

from app.modules.sockets_module.services import presence
from app.modules.sockets_module.tests.sample_sockets import changes
from tests.fakers import FakeClient, FakeSocket, eventually, ok

OFTEN = 20


async def test_an_account_that_often_disconnects_and_returns_is_published_once_as_online_and_in_the_end_as_offline(
    anna: FakeClient, boris: FakeClient, club: str, live_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "_OFFLINE_AFTER", timedelta(minutes=1))

    async def is_online() -> bool:
        return bool(ok(await boris.get(f"/accounts/{anna.id}"))["online"])

    async def is_offline() -> bool:
        return not await is_online()

    async with FakeSocket(boris, live_server) as socket:
        for _ in range(OFTEN):
            async with FakeSocket(anna, live_server) as own:
                await own.ask("typing", chat_id=club, is_typing=True)
            assert await is_online()
        async with FakeSocket(anna, live_server) as own:
            await own.ask("typing", chat_id=club, is_typing=True)
            # Not before: the server may still have to store the absence before this one.
            monkeypatch.setattr(presence, "_OFFLINE_AFTER", timedelta(milliseconds=1))
        await socket.until(lambda: changes(socket, anna)[-1:] == [False])
        assert changes(socket, anna) == [True, False]
        await eventually(is_offline)
        async with FakeSocket(anna, live_server):
            await socket.until(lambda: changes(socket, anna) == [True, False, True])
