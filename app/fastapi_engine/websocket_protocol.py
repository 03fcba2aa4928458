"""uvicorn's WebSocket protocol, with two things that ASGI has no words for."""

import asyncio
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

WRITE_EXTENSION = "messenger.write"


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Takes frames that are encoded already, and closes a socket whose reader has stopped.

    An event is encoded once and its bytes go to every socket, with no task switch in between.
    """

    async def run_asgi(self) -> None:
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[WRITE_EXTENSION] = self.write_frame
        await super().run_asgi()

    def write_frame(self, frame: bytes) -> bool:
        """Hands a whole frame to the transport; False, and nothing is written, where it is full or the socket ends."""
        if not self.writable.is_set() or self.close_sent or self.disconnected or self.conn.state is not State.OPEN:
            return False
        self.transport.write(frame)
        return True

    async def send(self, message: Any) -> None:
        if message["type"] != "websocket.close" or not self.handshake_complete:
            await super().send(message)
            return
        # A reader that has stopped would hold up its own closing.
        self.writable.set()
        await super().send(message)
        if self.close_timer is not None:
            self.close_timer.cancel()
            self.close_timer = asyncio.get_running_loop().call_later(self.close_timeout, self.transport.abort)
