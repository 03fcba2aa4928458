"""The socket of a key gets the signals that its scopes cover."""

import pytest

from app.modules.keys_module.tests.keys import create_key, program_of
from tests.fakers import FakeClient, FakeSocket


@pytest.mark.parametrize(
    ("scopes", "visible"),
    [
        (("messages:read",), {"typing"}),
        (("messages:read", "profile:read"), {"typing", "presence"}),
        (("messages:read", "chats:read"), {"typing", "receipt"}),
    ],
)
async def test_a_key_gets_the_signals_that_its_scopes_cover(
    anna: FakeClient, boris: FakeClient, club: str, live_server: str, scopes: tuple[str, ...], visible: set[str]
) -> None:
    program = program_of(anna, await create_key(anna, *scopes))
    await anna.send(club)
    async with FakeSocket(program, live_server) as key, FakeSocket(anna, live_server) as session:
        async with FakeSocket(boris, live_server) as other:
            await session.until(lambda: "presence" in kinds(session))
            await other.ask("read", chat_id=club, seq=1)
            await session.until(lambda: "receipt" in kinds(session))
            await other.ask("typing", chat_id=club, is_typing=True)
            await session.until(lambda: "typing" in kinds(session))
        await key.until(lambda: "typing" in kinds(key))
        assert kinds(key) == visible


def kinds(socket: FakeSocket) -> set[str]:
    return {signal["kind"] for signal in socket.signals}
