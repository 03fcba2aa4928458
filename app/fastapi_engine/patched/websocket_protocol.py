"""uvicorn's WebSocket protocol with four features that ASGI does not have."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from websockets.frames import Frame
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from app.fastapi_engine.half_close import end_output
from app.fastapi_engine.patched.frame_reading import FrameReading
from app.fastapi_engine.problems import SHUTTING_DOWN
from app.fastapi_engine.raw_problem import write_problem
from app.fastapi_engine.received_output import count_received, count_unread
from app.fastapi_engine.request_ids import id_of_request
from app.resources.constants import PROGRESS_EXTENSION, RECEIVE_EXTENSION, WRITE_EXTENSION

_INVALID_DATA = 1007
_RESTARTS = 1012
_SHUTDOWN_TIMEOUT = 2.0
"""Seconds in which a client may answer the close frame when the server shuts down."""


class WebSocketProtocol(FrameReading):
    """Sends encoded frames, receives all arrived texts at once, and closes a socket whose client has stopped reading.

    An event is encoded once, and its bytes are written to every socket without a task switch in between.
    """

    # Read for each frame that is sent: not in the large dictionary of the other attributes, which is in no cache then.
    __slots__ = ("close_sent", "closed_by_client", "disconnected", "transport")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.closed_by_client = False
        self._early = b""
        self._handshake_timer: asyncio.TimerHandle | None = None
        self._received = self._before_ping = 0

    def take_handshake(
        self, request: Request, early: bytes, timeout: float, on_lost: Callable[[], None] = lambda: None
    ) -> None:
        """Begins with a handshake that was validated before, whatever the size of its head.

        Nothing is read until it is accepted; `early` is the input after it. Aborts the connection if no response is
        sent within `timeout` seconds. Calls `on_lost` when the connection is lost.
        """
        self._on_lost = on_lost
        self._early = early
        self._handshake_timer = self.loop.call_later(timeout, self.transport.abort)
        self.transport.pause_reading()
        self.handle_connect(request)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_handshake()
        self._on_lost()
        super().connection_lost(exc)

    def _end_handshake(self) -> None:
        if self._handshake_timer is not None:
            self._handshake_timer.cancel()
            self._handshake_timer = None

    def _begin_frames(self) -> None:
        self._end_handshake()
        # The library's parser of handshakes would wait for the text of the request, and limit its size.
        self.conn = ServerProtocol(state=State.OPEN, max_size=self.config.ws_max_size, logger=self.logger)
        # An idle socket does not need them any more.
        del self.request, self.response
        self.transport.resume_reading()
        early, self._early = self._early, b""
        if early:
            self.data_received(early)

    async def run_asgi(self) -> None:
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[WRITE_EXTENSION] = self.write_frame
        extensions[RECEIVE_EXTENSION] = self.receive_all
        extensions[PROGRESS_EXTENSION] = partial(count_received, self.transport)
        await super().run_asgi()

    def write_frame(self, frame: bytes) -> bool:
        """Writes a whole frame to the transport. Returns False and writes nothing if it is full or the socket ends."""
        if self.is_full or self.close_sent or self.disconnected or self.closed_by_client:
            return False
        self.transport.write(frame)
        return True

    async def send(self, message: Any) -> None:
        if message["type"] != "websocket.close" or not self.handshake_complete:
            await super().send(message)
            if self.close_sent:
                # A refusal is an answer: uvicorn would log an error.
                self.handshake_complete = True
            if self._handshake_timer is not None and self.conn.state is State.OPEN:
                self._begin_frames()
            return
        # A client that has stopped reading would delay its own closing.
        self.writable.set()
        await super().send(message)
        if self.close_timer is not None:
            self._abort_in(self.close_timeout)

    def shutdown(self) -> None:
        if not self.handshake_complete and self.initial_response is None:
            # Not uvicorn's 500: nothing is wrong, and proxies try another server.
            self.transport.write(write_problem(503, SHUTTING_DOWN, id_of_request(self.scope)))  # type: ignore[arg-type]
            self.transport.close()
            return
        if not self.handshake_complete or self.close_sent:
            super().shutdown()
            return
        self.stop_keepalive()
        if self.conn.state is State.OPEN:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": _RESTARTS})
            self.conn.send_close(_RESTARTS)
        self._end(_SHUTDOWN_TIMEOUT)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text":
            self.frames = [b"".join(self.frames)]
            try:
                self.frames[0].decode()
            except UnicodeDecodeError:
                # The client's mistake: no traceback is logged.
                if not self.close_sent:
                    self.queue.put_nowait({"type": "websocket.disconnect", "code": _INVALID_DATA})
                    self.conn.send_close(_INVALID_DATA)
                    self._end(self.close_timeout)
                return
        super().send_receive_event_to_app()

    def handle_close(self, event: Frame) -> None:
        self.closed_by_client = True
        super().handle_close(event)
        self._abort_in(self.close_timeout)

    def handle_parser_exception(self) -> None:
        close = self.conn.close_sent
        if close is not None and not self.close_sent:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": close.code, "reason": close.reason})
            self._end(self.close_timeout)

    def send_keepalive_ping(self) -> None:
        self._received = count_received(self.transport)
        self._before_ping = self._received + count_unread(self.transport)
        super().send_keepalive_ping()

    def keepalive_timeout(self) -> None:
        received = count_received(self.transport)
        # The client has not received the ping, or its answer is not read while there is no room for output.
        is_delayed = self._received < self._before_ping or not self.writable.is_set()
        if is_delayed and received > self._received and self.ping_timeout is not None:
            self._received = received
            self.pong_timer = self.loop.call_later(self.ping_timeout, self.keepalive_timeout)
            return
        super().keepalive_timeout()
        # While the client reads nothing, the transport does not end, and its end is what notifies the application.
        self.queue.put_nowait({"type": "websocket.disconnect", "code": 1011, "reason": "keepalive ping timeout"})
        self._abort_in(self.close_timeout)

    def _end(self, timeout: float) -> None:
        """Sends the close frame, and then reads and drops input until the client has received it.

        Closing a connection with unread input resets it, and the frame is lost.
        """
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.stop_reading()
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        end_output(self.transport)
        self._abort_in(timeout)

    def _abort_in(self, seconds: float) -> None:
        """Aborts the connection after `seconds`: a closing transport waits for the client to read, maybe for ever."""
        if self.disconnected:
            return
        if self.close_timer is not None:
            self.close_timer.cancel()
        self.close_timer = asyncio.get_running_loop().call_later(seconds, self.transport.abort)
