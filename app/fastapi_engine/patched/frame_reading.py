"""The reading half of the WebSocket protocol. It bounds what one client can cost the other ones."""

import asyncio
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from app.fastapi_engine.patched.client_frames import CLOSE, SMALL_FRAME, find_fault, read_frame
from app.utils.token_bucket import TokenBucket

FRAMES_A_TURN = 64
"""How many frames of one socket are read before the other connections have their turn."""
SMALL_FRAMES_AT_ONCE = 100
"""The limit of frames of less than 256 bytes that are not a whole text: pings, pongs, fragments. Clients need few of
them, and each costs as much as a request.
"""
SMALL_FRAMES_PER_SECOND = 50

_PROTOCOL_ERROR = 1002
_POLICY = 1008
_TOO_LARGE = 1009


class FrameReading(WebSocketsSansIOProtocol):
    """Reads a limited number of frames per turn of the event loop.

    It reads nothing while the application or the client does not keep up, and closes a connection whose small frames
    arrive too often. Whole texts are parsed here. The library's parser gets all other frames, one whole frame at a
    time. A header is checked when it arrives.
    """

    # True while the transport accepts no more output. Not in the dictionary: it is read for each frame that is sent.
    __slots__ = ("is_full",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_full = False
        self._unread = bytearray()
        # Texts that the application will get as one message, and the texts of such a message that it takes one by one.
        self._arrived: list[str] = []
        self._texts: list[str] = []
        self._small_frames = TokenBucket(SMALL_FRAMES_AT_ONCE, SMALL_FRAMES_PER_SECOND)
        # True while `_unread` may contain whole frames.
        self._has_more = False
        self._turn: asyncio.Handle | None = None
        self._ignores_input = False

    def data_received(self, data: bytes) -> None:
        if not self._ignores_input:
            self._unread += data
            if not self._has_more:
                self._read_frames()

    def _read_frames(self) -> None:
        """Reads the frames of one turn from the beginning of `_unread`, in order."""
        self._turn = None
        unread, place = self._unread, 0
        self._has_more = True
        for _ in range(FRAMES_A_TURN):
            frame = read_frame(unread, place)
            if (
                frame is None
                or frame[2] is None
                or frame[1] - frame[0] > self.config.ws_max_size
                or self.conn.current_size is not None
                or self.close_sent
            ):
                # Not a whole text, or a text at a place where it is not valid.
                if not self._may_be_parsed(frame, place):
                    self._has_more = False
                    break
                assert frame is not None  # noqa: S101
                self._deliver_arrived()
                self._parse(bytes(unread[place : frame[1]]))
            else:
                self._arrived.append(frame[2])
            place = frame[1]
        self._deliver_arrived()
        del unread[:place]
        self._regulate()

    def _may_be_parsed(self, frame: tuple[int, int, str | None] | None, place: int) -> bool:
        """Returns True if the frame at `place` is valid and complete. Ends the connection if it is invalid."""
        if self._ignores_input or len(self._unread) - place < 2:
            return False
        first, size_so_far = self._unread[place], self.conn.current_size
        fault = find_fault(first, self._unread[place + 1], is_continued=size_so_far is not None)
        if fault is not None:
            self._fail(_PROTOCOL_ERROR, fault)
            return False
        if frame is None:
            return False
        start, end, _ = frame
        if end - start + (size_so_far or 0) > self.config.ws_max_size:
            self._fail(_TOO_LARGE, "message too large")
            return False
        if end > len(self._unread):
            return False
        if end - start < SMALL_FRAME and not self._small_frames.take(self.loop.time()):
            self._fail(_POLICY, "too many small frames")
            return False
        if first & 0x0F == CLOSE:
            # A close frame may come between two fragments, and ends their message as well.
            self.conn.current_size = None
        return True

    def _parse(self, frame: bytes) -> None:
        super().data_received(frame)
        if self.conn.close_rcvd is not None:
            self.stop_reading()

    def _deliver_arrived(self) -> None:
        if self._arrived:
            message: Any = {"type": "websocket.receive", "texts": self._arrived}
            self._arrived = []
            self.queue.put_nowait(message)

    def _fail(self, code: int, reason: str) -> None:
        """Ends the connection, after passing on the texts that arrived before the fault."""
        self._deliver_arrived()
        if self.close_sent:
            self.stop_reading()
        else:
            self.conn.fail(code, reason)
            self.handle_parser_exception()

    def stop_reading(self) -> None:
        """Ignores all further input: it is received and dropped."""
        self._ignores_input, self._has_more = True, False
        self._unread.clear()
        if self._turn is not None:
            self._turn.cancel()

    def _regulate(self) -> None:
        """Pauses reading while the application has input to receive or the client has output to read, else resumes."""
        if self.disconnected or self.transport.is_closing():
            return
        is_held = not self.close_sent and not (self.queue.empty() and self.writable.is_set())
        if self._has_more and not is_held and self._turn is None:
            self._turn = self.loop.call_soon(self._read_frames)
        pauses = not self._ignores_input and (is_held or self._has_more)
        if pauses != self.read_paused:
            self.read_paused = pauses
            if pauses:
                self.transport.pause_reading()
            else:
                self.transport.resume_reading()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.is_full = True
        # Not at once: a sender that fills the room as soon as there is some would leave no turn to read in.
        self.loop.call_soon(self._regulate)

    def resume_writing(self) -> None:
        super().resume_writing()
        self.is_full = False
        self._regulate()

    def connection_lost(self, exc: Exception | None) -> None:
        self.stop_reading()
        super().connection_lost(exc)

    async def receive(self) -> Any:
        if not self._texts:
            message = await self._receive()
            if "texts" not in message:
                return message
            self._texts.extend(message["texts"])
        return {"type": "websocket.receive", "text": self._texts.pop(0)}

    async def receive_all(self) -> Any:
        """Receives like `receive`, but a message may have `texts` instead of `text`: all texts that have arrived."""
        if not self._texts:
            return await self._receive()
        texts, self._texts = self._texts, []
        return {"type": "websocket.receive", "texts": texts}

    async def _receive(self) -> Any:
        message = await self.queue.get()
        if self.queue.empty():
            self._regulate()
        return message
