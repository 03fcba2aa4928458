"""uvicorn's HTTP protocol with deadlines for slow clients, which are checked periodically, and a limit of the head."""

# Longer than 250 lines: the states and deadlines of one connection depend on each other.
from asyncio import BaseTransport, TimerHandle
from collections.abc import Callable

from httptools import HttpParserError
from loguru import logger
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from websockets.http11 import Request

from app.fastapi_engine.body_meter import BodyMeter, extend
from app.fastapi_engine.connection_limit import LIMIT_STATE, ConnectionLimit
from app.fastapi_engine.half_close import end_output
from app.fastapi_engine.patched.responses import RespondingProtocol
from app.fastapi_engine.patched.websocket_protocol import WebSocketProtocol
from app.fastapi_engine.problems import SHUTTING_DOWN
from app.fastapi_engine.raw_problem import write_problem
from app.fastapi_engine.received_output import count_received
from app.fastapi_engine.request_head import BadHead, check_head, take_absolute_form
from app.fastapi_engine.request_ids import id_of_request
from app.fastapi_engine.reset import reset
from app.utils.remote_client import RemoteClient, with_remote_client

MAX_HEAD_BYTES = 64 * 1024
"""The largest size of a request's first line and headers."""
PARSED_AT_ONCE = 16 * 1024
"""Bytes parsed in one step. A read may hold thousands of pipelined requests, which wait for the responses before."""
MAX_UNPARSED_BYTES = 1024 * 1024
"""Bytes that a client may send before the requests that it has sent already are answered."""
HEAD_TIMEOUT = 10.0
"""Seconds from the connection, or from the first byte after a response, to the end of the headers."""
BODY_TIMEOUT = 30.0
"""Seconds from the end of the headers to the end of a small body, and for which a body may make no progress."""
READ_TIMEOUT = 30.0
"""Seconds for which a client with a full send buffer may read nothing of it, or less than 1 KiB a second."""
LINGER = 3.0
"""Seconds for which a client that still sends may notice that it was answered already."""
CHECK_EVERY = 2.0
_HEAD_TOO_LARGE = f"A request head must have at most {MAX_HEAD_BYTES} bytes"


class HttpProtocol(RespondingProtocol):
    """The HTTP protocol of one connection. Each request is answered once; reading and answering it have deadlines."""

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self._remote_client = RemoteClient()
        self.app_state = with_remote_client(self.app_state, self._remote_client)
        self._read_deadline: float | None = self.loop.time() + HEAD_TIMEOUT
        self._write_deadline: float | None = None
        self._received = 0
        self._answering: RequestResponseCycle | None = None
        self._in_head, self._in_body = True, False
        self._head_bytes = self._chunk_bytes = 0
        self._is_closing = self._is_refused = False
        self._refusal = b""
        self._unparsed, self._has_eof = bytearray(), False
        self._check_timer: TimerHandle = self.loop.call_later(CHECK_EVERY, self._check)
        self._enter()

    def connection_lost(self, exc: Exception | None) -> None:
        self._remote_client.has_left = self._remote_client.is_gone = True
        self._check_timer.cancel()
        self._leave()
        super().connection_lost(exc)
        if self._answering is not None:
            # With pipelining it is not the newest request, which uvicorn has notified.
            self._answering.disconnected = True
            self._answering.message_event.set()

    def _enter(self) -> None:
        limit: ConnectionLimit | None = self.app_state.get(LIMIT_STATE)
        leave = limit.enter(self.client[0]) if limit is not None and self.client else lambda: None
        # Not a method: a WebSocket that calls it would keep this protocol in memory.
        self._leave: Callable[[], None] = leave or (lambda: None)
        if leave is None:
            self._is_refused = True
            self.transport.write(write_problem(429, "Too many connections from this address", id_of_request({})))
            self.transport.close()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Lets requests that arrived completely be answered. `has_left` ends a request that waits for events."""
        self._remote_client.has_left = self._has_eof = True
        self._write_deadline = self.loop.time() + READ_TIMEOUT
        if self._is_refused or self._unparsed:
            return bool(self._refusal) or not self._is_refused
        is_due = self.cycle is not None and not self.cycle.response_complete
        if (self._in_body and self.pipeline) or (self._in_head and is_due):
            self.refuse(400, "The request is incomplete")
            return True
        if is_due:
            self.cycle.keep_alive = False
        return is_due and not self._in_body

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        if len(data) <= PARSED_AT_ONCE and not self._unparsed and not self.pipeline:
            self._receive(data)
            return
        is_first = not self._unparsed
        self._unparsed += data
        if is_first:
            self._go_on()
        if self.pipeline:
            # Again: the application that answers the request before lets the connection be read.
            self.flow.pause_reading()
        if len(self._unparsed) > MAX_UNPARSED_BYTES:
            self._unparsed.clear()
            self.refuse(400, "Too much was sent before the requests before it were answered")

    def _go_on(self) -> None:
        while self._unparsed and not self.pipeline and not self._is_refused and not self.transport.is_closing():
            piece = bytes(self._unparsed[:PARSED_AT_ONCE])
            del self._unparsed[:PARSED_AT_ONCE]
            self._receive(piece)
        if self._has_eof and not self._unparsed and not self.eof_received():
            self.transport.close()

    def _receive(self, data: bytes) -> None:
        if self._read_deadline is None and self.cycle is not None and self.cycle.response_complete:
            # The first byte of what may become the next request. The deadline also covers line breaks before it.
            self._read_deadline = self.loop.time() + HEAD_TIMEOUT
        self._chunk_bytes = len(data)
        self._unset_keepalive_if_required()
        try:
            self.parse(data)
        except HttpParserError as error:
            if not isinstance(reason := error.__context__, BadHead):
                reason = BadHead("This is not a valid HTTP request")
            self.refuse(reason.status, str(reason))
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self.refuse(431, _HEAD_TOO_LARGE)
        elif self._in_body:
            self._body.receive(len(data))
            if self._read_deadline is not None and not self.cycle.response_complete:
                self._read_deadline = extend(self._read_deadline, len(data), self.loop.time() + BODY_TIMEOUT)
            if self._body.is_mostly_framing:
                self.refuse(413, "The chunks of the body have too much framing for their content")

    def switch_to_websocket(self, handshake: Request, rest: bytes) -> None:
        self._check_timer.cancel()
        self._in_head = False
        self.connections.discard(self)
        protocol = WebSocketProtocol(self.config, self.server_state, self.app_state)
        protocol.connection_made(self.transport)
        self.transport.set_protocol(protocol)
        protocol.take_handshake(handshake, rest + self._unparsed, HEAD_TIMEOUT, self._leave)
        self._unparsed.clear()
        # They refer to this protocol: without them, all are freed now.
        del self.parser
        self.response_transport.release()

    def on_message_begin(self) -> None:
        self._unset_keepalive_if_required()
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        # Trailers are not headers: they must not change the sender or the address of the request.
        if not self._in_body:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._head_bytes + self._chunk_bytes > MAX_HEAD_BYTES:
            # The received bytes may include a part of the body.
            size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if size > MAX_HEAD_BYTES:
                raise BadHead(_HEAD_TOO_LARGE, 431)
        version = self.parser.get_http_version()
        check_head(version, self.headers)
        if self.url[:1] != b"/" and self.parser.get_method() != b"CONNECT":
            self.url = take_absolute_form(self.url, self.headers)
        if self.parser.should_upgrade():
            self.scope["method"] = self.parser.get_method().decode("ascii")
            self.scope["http_version"] = version
            return
        super().on_headers_complete()
        self._in_head, self._in_body = False, True
        self._body = BodyMeter()
        # Nothing is read while pipelined requests wait for earlier responses.
        self._read_deadline = None if self.pipeline else self.loop.time() + BODY_TIMEOUT

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def on_body(self, body: bytes) -> None:
        self._body.take(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._in_body = False
        self._read_deadline = None
        super().on_message_complete()
        if self.cycle.response_complete and not self.pipeline:
            # It was answered before its body was complete, and what came of that ended the waiting for a request.
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def on_response_complete(self) -> None:
        now = self.loop.time()
        is_last = not self.pipeline
        if self._refusal and is_last:
            self._write_refusal()
        elif self._in_body and is_last and self.cycle.response_complete:
            # The request is answered; the rest of its body is not needed.
            self._read_deadline = min(self._read_deadline or now + LINGER, now + LINGER)
        elif (self._in_head or self._in_body) and not self._is_refused:
            self._read_deadline = now + (HEAD_TIMEOUT if self._in_head else BODY_TIMEOUT)
        super().on_response_complete()
        if self._unparsed and not self.pipeline:
            self.loop.call_soon(self._go_on)

    def shutdown(self) -> None:
        if self._in_body and self.cycle is not None and not self.cycle.response_complete:
            self.refuse(503, SHUTTING_DOWN)
        self._remote_client.is_served_last = True
        super().shutdown()

    def pause_writing(self) -> None:
        self._write_deadline = self.loop.time() + READ_TIMEOUT
        super().pause_writing()

    def resume_writing(self) -> None:
        # A closing transport has one until all output is read.
        self._write_deadline = self.loop.time() + READ_TIMEOUT if self.transport.is_closing() else None
        super().resume_writing()

    def _check(self) -> None:
        now = self.loop.time()
        if self._in_body and self._read_deadline is not None and self.flow.read_paused:
            # The application has not read the received input yet, so the client cannot make progress.
            self._read_deadline = now + BODY_TIMEOUT
        if self.transport.is_closing() and not self._is_closing:
            # A closing transport waits until all output is read: without a deadline, maybe for ever.
            self._is_closing = True
            self._write_deadline = self._write_deadline or now + READ_TIMEOUT
        if self._write_deadline is not None and (received := count_received(self.transport)) > self._received:
            self._write_deadline = extend(self._write_deadline, received - self._received, now + READ_TIMEOUT)
            self._received = received
        if self._write_deadline is not None and now > self._write_deadline:
            reset(self.transport)
        elif self._read_deadline is not None and now > self._read_deadline and not self._is_closing:
            if self._is_refused:
                self.transport.abort()
            else:
                self.refuse(408, "The request was not received in time")
        self._check_timer = self.loop.call_later(CHECK_EVERY, self._check)

    def refuse(self, status: int, detail: str) -> None:
        if self._is_refused or self.transport.is_closing():
            return
        self._is_refused = True
        self._read_deadline = None
        # Between two requests, the scope is that of the first.
        begun = self.scope if self._in_head or self._in_body else None
        refused = id_of_request(begun or {})  # type: ignore[arg-type]
        self._refusal = write_problem(status, detail, refused)
        client = self.client[0] if self.client else "-"
        logger.bind(request_id=refused).info("refused by the HTTP protocol: {} {}", status, client)
        cycle = self.cycle
        if self._in_body:
            is_queued = bool(self.pipeline)
            if is_queued:
                self.pipeline.popleft()
            elif cycle.response_started:
                self._refusal = b""
            # The rest of the body will not arrive, and a response would come too late.
            cycle.disconnected, cycle.waiting_for_100_continue = True, False
            cycle.message_event.set()
        else:
            is_queued = cycle is not None and not cycle.response_complete
        if not is_queued:
            self._write_refusal()

    def _write_refusal(self) -> None:
        self.response_transport.flush()
        self.transport.write(self._refusal)
        self._refusal = b""
        self._close_behind_output()

    def close_after_response(self) -> None:
        if self._in_body:
            # What is left of the body is dropped. Its request was answered early, or is behind the last one.
            self._is_refused = True
            # Nothing is answered behind the last answer.
            self._refusal = b""
            self.pipeline.clear()
            self._close_behind_output()
        else:
            self.transport.close()

    def _close_behind_output(self) -> None:
        """Closes the connection when its client has done so, or a while later.

        At once, unread input would reset it, and what was written would be lost.
        """
        self._read_deadline = self.loop.time() + LINGER
        if self._has_eof or not end_output(self.transport):
            self.transport.close()
