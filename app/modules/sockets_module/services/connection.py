"""The lifetime of one WebSocket, from the handshake to its close."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic
from typing import Any
from uuid import UUID

import orjson
from loguru import logger
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.dependencies.scopes import Scope
from app.modules.accounts_module.services.authenticator import Authenticator, check_scope
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.sockets_module.schemas import Hello, HelloAnswer
from app.modules.sockets_module.services import metrics
from app.modules.sockets_module.services.parsing import BadFrame, parse_frame, read_cursors, read_hello
from app.modules.sockets_module.services.presence import Presence
from app.modules.sockets_module.services.registry import Registry
from app.modules.sockets_module.services.replay import (
    find_left,
    follow_all,
    follow_joined,
    list_starts,
    send_left,
    send_page,
)
from app.modules.sockets_module.services.requests import Requests
from app.modules.sockets_module.services.send_buffer import SendBuffer
from app.modules.sockets_module.services.socket import BAD_FRAME, NOT_ALLOWED, NOT_SIGNED_IN, TRY_AGAIN, Socket
from app.modules.sockets_module.services.sources import Sources
from app.modules.sockets_module.settings import HELLO, HELLO_ADDRESS
from app.modules.streams_module.services.hub import Hub
from app.resources.constants import PROGRESS_EXTENSION, RECEIVE_EXTENSION, WRITE_EXTENSION
from app.services.errors import Forbidden, ProblemMaker, ServiceError, Unauthenticated
from app.services.problem import problem_response
from app.services.rate_limits import RateLimits, network_of
from app.settings.app_settings import AppSettings
from app.settings.origins import is_origin_of_host, normalize_origin
from app.utils.container import Container
from app.utils.secret_path import shown_path

HELLO_TIMEOUT = 10.0
HELLO_SCOPE: Scope = "messages:read"
"""What an API key needs for a socket, as for reading events over HTTP."""
_HELLO_CODES: Mapping[type[Exception], int] = {Unauthenticated: NOT_SIGNED_IN, Forbidden: NOT_ALLOWED}
HEARTBEAT = 20
"""Seconds between the server's pings."""
_REQUESTS_IN_A_ROW = 50
"""Requests of one socket in a row, before other connections get their turn."""


class Connection:
    """Serves one socket. The endpoint's task receives. A second task runs only while events must be replayed."""

    def __init__(self, websocket: WebSocket, container: Container) -> None:
        self._websocket = websocket
        self._container = container
        self._hub = container.get(Hub)
        self._sources = container.get(Sources)
        self._registry = container.get(Registry)
        self._limits = container.get(RateLimits)
        self._revocations = container.get(Revocations)
        self._socket: Socket | None = None
        self._replay: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Serves the socket from the handshake to the close."""
        try:
            self._check_handshake()
        except ServiceError as error:
            await self._reject_handshake(error)
            return
        await self._websocket.accept()
        try:
            socket = await self._begin()
            if socket is not None:
                await self._receive(socket)
        except BadFrame:
            await self._close(BAD_FRAME)
        except WebSocketDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - the client reconnects with its cursors
            logger.warning("a socket was closed by an error: {!r}", error)
            await self._close(TRY_AGAIN)
        finally:
            if self._socket is not None:
                await self._end(self._socket)

    def _check_handshake(self) -> None:
        """Raises Forbidden for a page of another site, RateLimited after too many handshakes from one network."""
        if not _is_allowed_origin(self._websocket, self._container.get(AppSettings).cors_origins):
            raise Forbidden("Pages of this origin may not connect")
        client = self._websocket.client
        self._limits.hit(HELLO_ADDRESS, network_of(client.host if client else ""))

    async def _begin(self) -> Socket | None:
        """Follows the account's streams after its hello. Returns None if the socket was closed. Raises BadFrame."""
        # Not in `serve`, where an idle socket would keep these variables.
        first = await self._first_frame()
        if first is None:
            return None
        hello, cursors = first
        try:
            identity = await self._container.get(Authenticator).identify(hello.data.token)
            check_scope(identity, HELLO_SCOPE)
            self._limits.hit(HELLO, identity.account_id.int)
        except Exception as error:  # noqa: BLE001 - the error becomes the reply
            await self._reject_hello(hello, error)
            return None
        hello.data.cursors.update(await read_cursors(cursors))
        self._registry.make_room(identity.account_id)
        extensions = self._websocket.scope.get("extensions", {})
        write, count_received = extensions.get(WRITE_EXTENSION), extensions.get(PROGRESS_EXTENSION)
        send_buffer = SendBuffer(self._websocket.send, write, self._overflow, self._registry.turn, count_received)
        socket = self._socket = Socket(identity, send_buffer, self._hub, self._sources)
        self._registry.add(socket)
        socket.wake, socket.close = self._wake, self._begin_closing
        try:
            await self._registry.hidden.load(identity.account_id)
            streams = await self._sources.list_streams(identity.account_id)
        except Exception as error:  # noqa: BLE001 - the error becomes the reply
            await self._reject_hello(hello, error)
            return None
        self._registry.make_room_for_streams(socket, {*hello.data.cursors, *(stream.stream_id for stream in streams)})
        self._answer_hello(socket, hello, list_starts(streams, identity.account_id, hello.data.cursors))
        await follow_all(socket, self._hub, streams, hello.data.cursors)
        await find_left(socket, self._sources, hello.data.cursors)
        await self._container.get(Presence).mark_online(identity.account_id)
        return socket

    async def _end(self, socket: Socket) -> None:
        """Ends what the socket does here, once it is closed."""
        socket.send_buffer.close()
        socket.leave_all()
        if self._replay is not None:
            self._replay.cancel()
        if self._registry.remove(socket):
            await self._container.get(Presence).mark_offline(socket.identity.account_id)

    async def _first_frame(self) -> tuple[Hello, Any] | None:
        """Returns hello and its unread cursors. None if the socket was closed without hello. Raises BadFrame."""
        try:
            async with asyncio.timeout(HELLO_TIMEOUT):
                frame = parse_frame(_text_in(await self._websocket.receive()))
        except TimeoutError:
            await self._close(NOT_SIGNED_IN, "hello was not received in time")
            return None
        if frame.get("action") != "hello":
            await self._close(NOT_SIGNED_IN, "the first frame must be hello")
            return None
        return read_hello(frame)

    async def _receive(self, socket: Socket) -> None:
        """Handles requests until the client disconnects."""
        requests = Requests(socket, self._container, shown_path(self._websocket.scope))
        extensions = self._websocket.scope.get("extensions", {})
        receive = extensions.get(RECEIVE_EXTENSION, self._websocket.receive)
        while True:
            message = await receive()
            socket.used_at = monotonic()
            staleness_error = None if self._revocations.are_known else await self._revocations.find_staleness_error()
            for place, text in enumerate(message.get("texts") or [_text_in(message)], 1):
                if place % _REQUESTS_IN_A_ROW == 0:
                    await asyncio.sleep(0)
                if requests.is_full:
                    await requests.wait_for_room()
                if not socket.is_signed_in:
                    break
                requests.handle(parse_frame(text), staleness_error)
            # Otherwise an idle socket would keep its last requests.
            del message, text

    def _answer_hello(self, socket: Socket, hello: Hello, starts: Mapping[UUID, int]) -> None:
        reply = HelloAnswer(
            connection_id=socket.connection_id,
            account_id=socket.identity.account_id,
            heartbeat_s=HEARTBEAT,
            without_cursor=dict(starts),
        )
        socket.answer(hello.id, reply.model_dump_json().encode())

    async def _reject_handshake(self, error: ServiceError) -> None:
        """Refuses the handshake with the problem as an HTTP response."""
        await self._websocket.send_denial_response(problem_response(self._describe(error)))

    async def _reject_hello(self, hello: Hello, error: Exception) -> None:
        """Sends the error, and closes the socket. The client reconnects after errors other than those of its token."""
        problem = self._describe(error)
        reply = {"reply_to": hello.id, "status": "error", "error": problem}
        with suppress(RuntimeError, OSError):
            await self._websocket.send({"type": "websocket.send", "text": orjson.dumps(reply, default=str).decode()})
        await self._close(next((code for kind, code in _HELLO_CODES.items() if isinstance(error, kind)), TRY_AGAIN))

    def _describe(self, error: Exception) -> dict[str, Any]:
        problems: ProblemMaker = self._container.get(ProblemMaker)  # type: ignore[type-abstract]
        return problems.describe(error, shown_path(self._websocket.scope))

    def _wake(self) -> None:
        if self._replay is None:
            self._replay = asyncio.create_task(self._keep_replaying())

    def _begin_closing(self, code: int) -> None:
        # Not in the task that replays: it may be waiting for the very client that stopped reading.
        self._closing = asyncio.create_task(self._close(code))

    def _overflow(self) -> None:
        if self._socket is not None:
            self._socket.end(TRY_AGAIN)

    async def _keep_replaying(self) -> None:
        """Replays events until the socket is up to date."""
        socket = self._socket
        try:
            while socket is not None and not socket.send_buffer.closed:
                if socket.joined:
                    await follow_joined(socket, self._hub)
                elif socket.left:
                    await send_left(socket, self._hub)
                elif socket.behind:
                    await send_page(socket, self._hub)
                else:
                    return
        except Exception as error:  # noqa: BLE001 - the client reconnects with its cursors
            logger.warning("cannot serve a socket: {!r}", error)
            await self._close(TRY_AGAIN)
        finally:
            self._replay = None

    async def _close(self, code: int, reason: str = "") -> None:
        """Closes the socket. Never raises: the client may have disconnected."""
        metrics.SOCKETS_ENDED.labels(code).inc()
        with suppress(RuntimeError, OSError, WebSocketDisconnect):
            await self._websocket.send({"type": "websocket.close", "code": code, "reason": reason})


def _text_in(message: Mapping[str, Any]) -> str | None:
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    return message.get("text")


def _is_allowed_origin(websocket: WebSocket, allowed: tuple[str, ...]) -> bool:
    """Returns True unless a page of another site connects from its visitor's browser. Only browsers send an origin."""
    origin, host = websocket.headers.get("origin"), websocket.headers.get("host", "")
    return origin is None or normalize_origin(origin) in allowed or is_origin_of_host(origin, host)
