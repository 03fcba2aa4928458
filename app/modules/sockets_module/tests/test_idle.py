"""What an idle socket keeps in memory."""

import gc

from app.fastapi_engine.patched.http_protocol import HttpProtocol
from app.fastapi_engine.patched.websocket_protocol import WebSocketProtocol
from app.modules.sockets_module.schemas import Hello, RequestFrame
from app.modules.streams_module.services.reader import Reader
from tests.existing import existing
from tests.fakers import FakeClient, FakeSocket


async def test_an_idle_socket_keeps_neither_its_handshake_nor_its_requests(
    anna: FakeClient, club: str, live_server: str
) -> None:
    # From here on nothing waits for the collector of reference cycles.
    gc.collect()
    async with FakeSocket(anna, live_server) as socket:
        await socket.ask("send", chat_id=club, text="тихо")
        await socket.ask("ping")
        assert not existing(Hello)
        assert not existing(RequestFrame)
        switched = [
            one for one in existing(HttpProtocol) if isinstance(one.transport.get_protocol(), WebSocketProtocol)
        ]
        assert not switched


async def test_sockets_of_one_chat_share_its_id(
    anna: FakeClient, boris: FakeClient, club: str, live_server: str
) -> None:
    async with FakeSocket(anna, live_server), FakeSocket(boris, live_server):
        ids = [reader.stream_id for reader in existing(Reader) if str(reader.stream_id) == club]
        assert len(ids) == 2
        assert ids[0] is ids[1]
