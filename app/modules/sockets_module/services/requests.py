"""What a client asks for over its socket; answered in the order asked for within one chat."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import orjson
from pydantic import ValidationError

from app.adapters.base.bus import Bus
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.chats_module.errors import ChatNotFound
from app.modules.chats_module.services.reading import mark_read
from app.modules.messages_module.services.send_queue import SendQueue
from app.modules.sockets_module.schemas import Ping, ReadRequest, SendRequest, Typing
from app.modules.sockets_module.services.parsing import find_request_id, read_request
from app.modules.sockets_module.services.socket import Socket
from app.modules.streams_module.services.log import Log
from app.services.errors import ProblemMaker, RateLimited, ValidationFailed
from app.services.rate_limits import RateLimits

MAX_IN_FLIGHT = 128
"""Requests of one socket that are being carried out; beyond that nothing more is read from it."""
_INSTANCE = "/ws"


class Requests:
    """Carries out the requests of one socket."""

    def __init__(
        self,
        socket: Socket,
        database: Database,
        bus: Bus,
        log: Log,
        queue: SendQueue,
        limits: RateLimits,
        problems: ProblemMaker,
    ) -> None:
        self._socket = socket
        self._database = database
        self._bus = bus
        self._log = log
        self._queue = queue
        self._limits = limits
        self._who = socket.identity.account_id.int
        self._problems = problems
        self._in_flight = asyncio.Semaphore(MAX_IN_FLIGHT)
        # The newest thing under way in a chat, where that is not a send: sends keep their order by themselves.
        self._turns: dict[UUID, asyncio.Future[Any]] = {}
        self._sends: dict[UUID, asyncio.Future[Any]] = {}
        self._tasks: set[asyncio.Future[Any]] = set()

    async def handle(self, frame: dict[str, Any]) -> None:
        """Begins one request. Returns at once, unless too many are under way."""
        try:
            self._limits.hit(self._limits.rates.account, "calls of", self._who)
            request: Any = read_request(frame)
        except (RateLimited, ValidationError, ValidationFailed) as error:
            self._refuse(find_request_id(frame), error)
            return
        if isinstance(request, Ping):
            self._answer(request.id, b"{}")
            return
        if isinstance(request, Typing):
            self._type(request)
            return
        await self._in_flight.acquire()
        chat_id = request.data.chat_id
        if isinstance(request, SendRequest) and chat_id not in self._turns:
            self._send_at_once(request)
        else:
            action = self._send if isinstance(request, SendRequest) else self._read
            before = [future for future in (self._turns.get(chat_id), self._sends.get(chat_id)) if future is not None]
            self._keep(self._turns, chat_id, asyncio.ensure_future(self._in_turn(before, action, request)))

    def _send_at_once(self, request: SendRequest) -> None:
        """Queued before anything else is read: this is what keeps pipelined sends in order."""
        try:
            outcome = asyncio.ensure_future(
                self._queue.submit(request.data.chat_id, self._socket.identity.account_id, request.data)
            )
        except Exception as error:  # noqa: BLE001 - it becomes the reply
            self._in_flight.release()
            self._refuse(request.id, error)
            return

        def reply(done: asyncio.Future[Any]) -> None:
            self._in_flight.release()
            if done.cancelled():
                return
            error = done.exception()
            if error is None:
                self._answer(request.id, done.result().body)
            elif isinstance(error, Exception):
                self._refuse(request.id, error)

        outcome.add_done_callback(reply)
        self._keep(self._sends, request.data.chat_id, outcome)

    async def _in_turn(
        self, before: list[asyncio.Future[Any]], action: Callable[[Any], Awaitable[bytes]], request: Any
    ) -> None:
        try:
            if before:
                await asyncio.wait(before)
            self._answer(request.id, await action(request))
        except Exception as error:  # noqa: BLE001 - it becomes the reply
            self._refuse(request.id, error)
        finally:
            self._in_flight.release()

    async def _send(self, request: SendRequest) -> bytes:
        sent = await self._queue.submit(request.data.chat_id, self._socket.identity.account_id, request.data)
        return sent.body

    async def _read(self, request: ReadRequest) -> bytes:
        async with open_unit_of_work(self._database) as work:
            position = await mark_read(
                work, self._log, request.data.chat_id, self._socket.identity.account_id, request.data.seq
            )
        return position.model_dump_json().encode()

    def _type(self, request: Typing) -> None:
        following = self._socket.streams.get(request.data.chat_id)
        if following is None or request.data.chat_id == self._socket.identity.account_id:
            self._refuse(request.id, ChatNotFound())
            return
        if following.is_small:
            self._bus.signal(
                {
                    "kind": "typing",
                    "chat_id": str(request.data.chat_id),
                    "account_id": str(self._socket.identity.account_id),
                    "is_typing": request.data.is_typing,
                }
            )
        self._answer(request.id, b"{}")

    def _keep(self, pending: dict[UUID, asyncio.Future[Any]], chat_id: UUID, future: asyncio.Future[Any]) -> None:
        pending[chat_id] = future
        self._tasks.add(future)

        def forget(done: asyncio.Future[Any]) -> None:
            self._tasks.discard(done)
            if pending.get(chat_id) is done:
                del pending[chat_id]

        future.add_done_callback(forget)

    def _answer(self, reply_to: int | str, data: bytes) -> None:
        self._socket.outbox.put_reply(
            f'{{"reply_to":{orjson.dumps(reply_to).decode()},"status":"ok","data":{data.decode()}}}'
        )

    def _refuse(self, reply_to: int | str | None, error: Exception) -> None:
        reply = {"reply_to": reply_to, "status": "error", "error": self._problems.describe(error, _INSTANCE)}
        self._socket.outbox.put_reply(json.dumps(reply, default=str))
