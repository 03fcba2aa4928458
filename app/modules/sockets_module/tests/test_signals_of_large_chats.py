"""Typing, receipts and presence are signalled in chats of up to 100 members."""

import pytest

from app.modules.chats_module.services import reading
from app.modules.chats_module.services import socket as presence
from app.modules.messages_module.services import socket as typing
from app.resources.constants import SIGNALLED_MEMBERS
from tests.fakers import FakeClient, FakeSocket


async def test_a_chat_with_too_many_members_has_no_signals(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, live_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert SIGNALLED_MEMBERS == 100
    for module in (typing, reading, presence):
        monkeypatch.setattr(module, "SIGNALLED_MEMBERS", 2)
    large, small = await anna.open_chat(boris, clara), await anna.open_chat(boris)
    async with (
        FakeSocket(boris, live_server) as socket,
        FakeSocket(clara, live_server) as other,
        FakeSocket(anna, live_server) as own,
    ):
        for chat in (large, small):
            await boris.send(chat)
            await own.ask("typing", chat_id=chat, is_typing=True)
            await own.ask("read", chat_id=chat, seq=1)
        await socket.until(lambda: len({signal["kind"] for signal in socket.signals}) == 3)
        await other.ask("ping")
        assert {signal["kind"] for signal in socket.signals} == {"typing", "receipt", "presence"}
        assert {signal["chat_id"] for signal in socket.signals if "chat_id" in signal} == {small}
        assert other.signals == []
