"""uvicorn's WebSocket protocol, with two things that ASGI has no words for."""

import asyncio
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.protocol import State

WRITE_EXTENSION = "messenger.write"
_INVALID_DATA = 1007
_RESTARTS = 1012
_PATIENCE_AT_STOP = 2.0
"""Seconds in which a client may answer the close of a server that stops."""


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
            self._abort_in(self.close_timeout)

    def shutdown(self) -> None:
        if not self.handshake_complete or self.close_sent:
            super().shutdown()
            return
        self.stop_keepalive()
        if self.conn.state is State.OPEN:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": _RESTARTS})
            self.conn.send_close(_RESTARTS)
        self._end(_PATIENCE_AT_STOP)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text":
            self.frames = [b"".join(self.frames)]
            try:
                self.frames[0].decode()
            except UnicodeDecodeError:
                # The client's mistake, and no traceback's worth.
                if not self.close_sent:
                    self.queue.put_nowait({"type": "websocket.disconnect", "code": _INVALID_DATA})
                    self.conn.send_close(_INVALID_DATA)
                    self._end(self.close_timeout)
                return
        super().send_receive_event_to_app()

    def handle_close(self, event: Frame) -> None:
        super().handle_close(event)
        self._abort_in(self.close_timeout)

    def handle_parser_exception(self) -> None:
        close = self.conn.close_sent
        if close is not None and not self.close_sent:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": close.code, "reason": close.reason})
            self._end(self.close_timeout)

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        # A reader that has stopped holds up the end of the transport, which is what tells the application.
        self.queue.put_nowait({"type": "websocket.disconnect", "code": 1011, "reason": "keepalive ping timeout"})
        self._abort_in(self.close_timeout)

    def _end(self, patience: float) -> None:
        """Sends the close frame, and reads on, to no purpose, until the client has seen it: what is closed with
        something unread is reset, and the frame lost.
        """
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._abort_in(patience)

    def _abort_in(self, seconds: float) -> None:
        """A transport that closes waits until everything is read; by whoever reads nothing that would be for ever."""
        if self.disconnected:
            return
        if self.close_timer is not None:
            self.close_timer.cancel()
        self.close_timer = asyncio.get_running_loop().call_later(seconds, self.transport.abort)
