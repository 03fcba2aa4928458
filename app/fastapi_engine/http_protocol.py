"""uvicorn's HTTP protocol, with an end to the patience that it has with slow clients, and to the size of a head.

Nothing of this costs a timer a request: each connection looks at its deadlines every few seconds.
"""

from asyncio import BaseTransport, TimerHandle
from http import HTTPStatus
from uuid import uuid4

import orjson
from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from loguru import logger
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from websockets.http11 import Request

from app.fastapi_engine.handshake import PATHS_STATE, read_handshake
from app.fastapi_engine.problems import CODES, make_problem
from app.fastapi_engine.websocket_protocol import WebSocketProtocol
from app.utils.logs import request_id

MAX_HEAD_BYTES = 64 * 1024
"""Of a request's first line and its headers."""
HEAD_WITHIN = 10.0
"""Seconds from the connection, or the first byte after an answer, to the end of the headers."""
BODY_WITHIN = 30.0
"""Seconds from there to the end of the body."""
READ_WITHIN = 30.0
"""Seconds in which a client that has let its answers pile up has to take some of them."""
LINGER = 3.0
"""Seconds for a client that still sends to see that it was answered already."""
CHECK_EVERY = 2.0
_HEAD_TOO_LARGE = f"A request's head has at most {MAX_HEAD_BYTES} bytes"


class _HeadTooLarge(Exception):
    pass


class HttpProtocol(HttpToolsProtocol):
    """Takes care that a connection ends: a request comes in within a time, and an answer is taken within a time."""

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._read_by: float | None = self.loop.time() + HEAD_WITHIN
        self._taken_by: float | None = None
        self._in_head, self._in_body = True, False
        self._head_bytes = self._chunk_bytes = 0
        self._was_closing = self._is_refused = False
        self._check_timer: TimerHandle = self.loop.call_later(CHECK_EVERY, self._check)

    def connection_lost(self, exc: Exception | None) -> None:
        self._check_timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        if self._read_by is None and self.cycle is not None and self.cycle.response_complete:
            # The first byte of what may become the next request. Even line breaks before it would be waited for.
            self._read_by = self.loop.time() + HEAD_WITHIN
        self._chunk_bytes = len(data)
        self._unset_keepalive_if_required()
        try:
            self._parse(data)
        except HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(431, _HEAD_TOO_LARGE)

    def _parse(self, data: bytes | memoryview) -> None:
        while data:
            try:
                self.parser.feed_data(data)
            except HttpParserUpgrade as offer:
                # The parser stops behind the head of a CONNECT, or of a request that offers another protocol.
                data = memoryview(data)[offer.args[0] :]
                if self.scope["method"] == "CONNECT":
                    self._refuse(400, "CONNECT is not supported")
                elif (handshake := self._find_handshake()) is not None:
                    self._switch_to_websocket(handshake, bytes(data))
                else:
                    self._parse_head_again()
                    continue
            return

    def _find_handshake(self) -> Request | None:
        """Returns the request as a WebSocket handshake; None if it is not one, or if answers before it are due."""
        if self.cycle is not None and not self.cycle.response_complete:
            return None
        scope = self.scope
        paths = self.app_state.get(PATHS_STATE, ())
        return read_handshake(scope["method"], self.url, scope["http_version"], self.headers, paths)

    def _switch_to_websocket(self, handshake: Request, rest: bytes) -> None:
        self._check_timer.cancel()
        self.connections.discard(self)
        protocol = WebSocketProtocol(self.config, self.server_state, self.app_state)
        protocol.connection_made(self.transport)
        self.transport.set_protocol(protocol)
        protocol.take_handshake(handshake, rest, HEAD_WITHIN)

    def _parse_head_again(self) -> None:
        """Ignores the offer: without it, the parser goes on to the body.

        The parser cannot be told to do so. Bytes behind the head would be parsed as the next request.
        """
        scope, headers = self.scope, self.headers
        line = b"%s %s HTTP/%s\r\n" % (scope["method"].encode(), self.url, scope["http_version"].encode())
        kept = [b"%s: %s\r\n" % header for header in headers if header[0] != b"upgrade"]
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.parser.feed_data(b"".join((line, *kept, b"\r\n")))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        if self._head_bytes + self._chunk_bytes > MAX_HEAD_BYTES:
            # In what has come there may be a piece of the body as well.
            size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if size > MAX_HEAD_BYTES:
                raise _HeadTooLarge
        if self.parser.should_upgrade():
            self.scope["method"] = self.parser.get_method().decode("ascii")
            self.scope["http_version"] = self.parser.get_http_version()
            return
        self._in_head, self._in_body = False, True
        self._read_by = self.loop.time() + BODY_WITHIN
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._in_body = False
        self._read_by = None
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if self._read_by is not None:
            self._read_by = min(self._read_by, self.loop.time() + LINGER)
        super().on_response_complete()

    def pause_writing(self) -> None:
        self._taken_by = self.loop.time() + READ_WITHIN
        super().pause_writing()

    def resume_writing(self) -> None:
        self._taken_by = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Called where the parser fails, or one of its callbacks."""
        if self._in_head and self._head_bytes + self._chunk_bytes > MAX_HEAD_BYTES:
            self._refuse(431, _HEAD_TOO_LARGE)
        else:
            self._refuse(400, msg)

    def _check(self) -> None:
        now = self.loop.time()
        if self._taken_by is not None and now > self._taken_by:
            self.transport.abort()
        elif self.transport.is_closing():
            # It waits until everything is taken; by whoever takes nothing that would be for ever.
            if self._was_closing:
                self.transport.abort()
            self._was_closing = True
        elif self._read_by is not None and now > self._read_by:
            if self._is_refused:
                self.transport.abort()
            else:
                self._refuse(408, "The request did not come in within the time")
        self._check_timer = self.loop.call_later(CHECK_EVERY, self._check)

    def _refuse(self, status: int, detail: str) -> None:
        """Answers, where no other answer has begun, and ends the connection.

        What is closed with something unread is reset, and the answer lost: so it is read on for a while, to no purpose.
        """
        if self._is_refused or self.transport.is_closing():
            return
        self._is_refused = True
        self._read_by = self.loop.time() + LINGER
        if self.pipeline or not self.transport.can_write_eof():
            self.transport.close()
            return
        cycle = self.cycle
        if cycle is None or (not cycle.response_started if self._in_body else cycle.response_complete):
            self.transport.write(_write_problem(status, detail))
            logger.info("refused before its time: {} {}", status, self.client[0] if self.client else "-")
        if cycle is not None:
            # Whoever waits for the rest of the body waits in vain, and whatever is answered now comes too late.
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.write_eof()


def _write_problem(status: int, detail: str) -> bytes:
    """A whole answer, of the shape that all errors have."""
    id_of_request = uuid4().hex
    token = request_id.set(id_of_request)
    body = orjson.dumps(make_problem(status, CODES[status], HTTPStatus(status).phrase, detail, ""))
    request_id.reset(token)
    headers = (
        "content-type: application/problem+json",
        f"content-length: {len(body)}",
        f"x-request-id: {id_of_request}",
        "x-content-type-options: nosniff",
        "connection: close",
    )
    return STATUS_LINE[status] + "\r\n".join((*headers, "", "")).encode() + body
