"""The page on a line on which the reply to a ping arrives behind much else, or nothing arrives."""

import json
from datetime import datetime, timedelta

from playwright.async_api import WebSocketRoute

from tests.browsers import Reader
from tests.fakers import FakeClient, eventually

HEARTBEAT_MS = 20_000
ANSWER_WITHIN_MS = 10_000


class _Line:
    """Sockets of the page whose pings are not answered."""

    def __init__(self, reader: Reader) -> None:
        self._page = reader.page
        self.sockets: list[WebSocketRoute] = []
        self.pings = 0

    @classmethod
    async def begin(cls, reader: Reader) -> "_Line":
        """Opens the page again. From now on its time passes only when the test advances it."""
        line = cls(reader)
        await reader.page.route_web_socket("**/ws", line._carry)
        await reader.page.clock.install(time=datetime.now() - timedelta(hours=1))
        await reader.page.clock.pause_at(datetime.now())
        await reader.page.reload()
        await reader.is_online()
        return line

    def _carry(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def take(message: str | bytes) -> None:
            if json.loads(message)["action"] == "ping":
                self.pings += 1
            else:
                server.send(message)

        self.sockets.append(socket)
        socket.on_message(take)

    async def until_asked(self) -> None:
        async def is_asked() -> bool:
            return self.pings > 0

        await self._page.clock.run_for(HEARTBEAT_MS)
        await eventually(is_asked)


async def test_a_socket_on_which_frames_arrive_is_kept_though_a_ping_is_not_answered(
    eve: Reader, anna: FakeClient, yard: str
) -> None:
    line = await _Line.begin(eve)
    await eve.open("Двор")
    await line.until_asked()
    await anna.send(yard, "раз")
    await eve.sees("раз")
    await eve.page.clock.run_for(ANSWER_WITHIN_MS)
    await anna.send(yard, "два")
    await eve.sees("раз", "два")
    assert len(line.sockets) == 1


async def test_a_socket_on_which_nothing_arrives_after_a_ping_is_replaced(eve: Reader) -> None:
    line = await _Line.begin(eve)
    await line.until_asked()
    await eve.page.clock.run_for(ANSWER_WITHIN_MS)

    async def is_replaced() -> bool:
        await eve.page.clock.run_for(1_000)
        return len(line.sockets) == 2

    await eventually(is_replaced)
    await eve.is_online()
