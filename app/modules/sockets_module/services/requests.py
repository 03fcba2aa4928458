"""What a client asks for over its socket; answered in the order asked for within one chat."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from time import monotonic
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.accounts_module.errors import InvalidToken, SessionsUnknown
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.chats_module.services.access import check, get_membership
from app.modules.chats_module.services.reading import mark_read
from app.modules.messages_module.services.permissions import TYPE
from app.modules.messages_module.services.send_queue import SendQueue
from app.modules.messages_module.services.sends import Sent
from app.modules.sockets_module.schemas import Ping, ReadRequest, SendRequest, Typing, request_models
from app.modules.sockets_module.services.parsing import find_request_id, read_request
from app.modules.sockets_module.services.registry import Registry
from app.modules.sockets_module.services.socket import POLICY, Socket
from app.modules.streams_module.services.log import Log
from app.resources.constants import SIGNALLED_MEMBERS
from app.services.errors import ProblemMaker, RateLimited, ServiceError, ValidationFailed
from app.services.rate_limits import RateLimits
from app.utils.allowance import Allowance
from app.utils.container import Container
from app.utils.module import Modules

MAX_IN_FLIGHT = 128
"""Requests of one socket that are being carried out; beyond that nothing more is read from it."""
_REFUSALS_AT_ONCE, _REFUSALS_PER_SECOND = 500, 5.0
"""Answers `rate_limited` on one socket until it is closed: a client that is told to wait has to wait."""
_INSTANCE = "/ws"


class _InChat:
    """What one socket has under way in a chat."""

    __slots__ = ("id", "no_sends", "sends", "turn")

    def __init__(self, chat_id: UUID) -> None:
        self.id = chat_id
        # Queued already: they keep their order by themselves.
        self.sends = 0
        self.no_sends = asyncio.Event()
        # The newest of those that wait for all that came before.
        self.turn: asyncio.Task[None] | None = None


class Requests:
    """Carries out the requests of one socket."""

    def __init__(self, socket: Socket, container: Container) -> None:
        self._socket = socket
        self._database = container.get(Database)
        self._registry = container.get(Registry)
        self._log = container.get(Log)
        self._queue = container.get(SendQueue)
        self._limits = container.get(RateLimits)
        self._revocations = container.get(Revocations)
        self._account_id = socket.identity.account_id
        self._who = socket.identity.account_id.int
        self._problems: ProblemMaker = container.get(ProblemMaker)  # type: ignore[type-abstract]
        self._models = request_models(container.get(Modules))
        self._send_model = self._models["send"]
        self._refusals = Allowance(_REFUSALS_AT_ONCE, _REFUSALS_PER_SECOND)
        # One object for all sends: those in a row are asked about once.
        self._refusal_of_session = self._find_refusal
        self._under_way = 0
        self._room = asyncio.Event()
        self._chats: dict[UUID, _InChat] = {}

    @property
    def is_full(self) -> bool:
        return self._under_way >= MAX_IN_FLIGHT

    async def wait_for_room(self) -> None:
        """While it `is_full`."""
        while self.is_full:
            self._room.clear()
            await self._room.wait()

    def handle(self, frame: dict[str, Any], doubt: Exception | None = None) -> None:
        """Begins one request; what is queued is queued in the order of the calls. Not while it `is_full`.

        `doubt` refuses all but a ping: it is not known whether the session has ended.
        """
        try:
            self._limits.hit(self._limits.rates.account, "calls of", self._who)
            request: Any = read_request(frame, self._models)
        except (RateLimited, ValidationError, ValidationFailed) as error:
            self._refuse(find_request_id(frame), error)
            return
        kind = type(request)
        if kind is Ping:
            self._socket.answer(request.id, b"{}")
        elif doubt is not None:
            self._refuse(request.id, doubt)
        else:
            chat_id = request.data.chat_id
            chat = self._chats.get(chat_id) or self._chats.setdefault(chat_id, _InChat(chat_id))
            if kind is self._send_model and chat.turn is None:
                self._send_at_once(chat, request)
            else:
                actions: dict[type, Callable[[Any], Awaitable[bytes]]] = {
                    self._send_model: self._send,
                    ReadRequest: self._read,
                    Typing: self._type,
                }
                self._take_turn(chat, actions[kind], request)

    def _send_at_once(self, chat: _InChat, request: SendRequest) -> None:
        try:
            self._queue.put(
                chat.id, self._account_id, request.data, partial(self._tell, chat, request.id), self._refusal_of_session
            )
        except Exception as error:  # noqa: BLE001 - it becomes the reply
            self._refuse(request.id, error)
            self._forget(chat)
            return
        self._under_way += 1
        chat.sends += 1

    def _tell(self, chat: _InChat, request_id: int | str, result: Sent | Exception) -> None:
        """What came of a send."""
        self._end_one()
        chat.sends -= 1
        if not chat.sends:
            chat.no_sends.set()
            self._forget(chat)
        if isinstance(result, Sent):
            self._socket.answer(request_id, result.body)
        else:
            self._refuse(request_id, result)

    def _take_turn(self, chat: _InChat, action: Callable[[Any], Awaitable[bytes]], request: Any) -> None:
        """After everything that was asked for in this chat before."""
        self._under_way += 1
        chat.turn = asyncio.create_task(self._in_turn(chat, chat.turn, action, request))

    async def _in_turn(
        self,
        chat: _InChat,
        before: asyncio.Task[None] | None,
        action: Callable[[Any], Awaitable[bytes]],
        request: Any,
    ) -> None:
        try:
            if before is not None:
                await asyncio.wait([before])
            while chat.sends:
                # No more of them are queued while something waits for its turn.
                chat.no_sends.clear()
                await chat.no_sends.wait()
            refusal = self._find_refusal()
            if refusal is not None:
                raise refusal
            self._socket.answer(request.id, await action(request))
        except Exception as error:  # noqa: BLE001 - it becomes the reply
            self._refuse(request.id, error)
        finally:
            if chat.turn is asyncio.current_task():
                chat.turn = None
            self._end_one()
            self._forget(chat)

    def _find_refusal(self) -> ServiceError | None:
        """Returns why a request that was read before is not carried out any more, None where it is."""
        if not self._socket.is_signed_in:
            return InvalidToken()
        return None if self._revocations.are_known else SessionsUnknown()

    def _end_one(self) -> None:
        if self.is_full:
            self._room.set()
        self._under_way -= 1

    def _forget(self, chat: _InChat) -> None:
        """A chat in which nothing is under way."""
        if not chat.sends and chat.turn is None:
            self._chats.pop(chat.id, None)

    async def _send(self, request: SendRequest) -> bytes:
        sent = await self._queue.submit(request.data.chat_id, self._account_id, request.data, self._find_refusal)
        return sent.body

    async def _read(self, request: ReadRequest) -> bytes:
        async with open_unit_of_work(self._database) as work:
            position = await mark_read(work, self._log, request.data.chat_id, self._account_id, request.data.seq)
        return position.model_dump_json().encode()

    async def _type(self, request: Typing) -> bytes:
        chat_id = request.data.chat_id
        async with self._database.connection() as connection:
            membership = await get_membership(connection, chat_id, self._account_id)
        check(membership, TYPE)
        self._limits.hit(self._limits.rates.typing, "typing of", self._who)
        if membership.member_count <= SIGNALLED_MEMBERS:
            typing = {"chat_id": chat_id, "account_id": self._account_id, "is_typing": request.data.is_typing}
            self._registry.signal("typing", typing, [chat_id])
        return b"{}"

    def _refuse(self, reply_to: int | str | None, error: Exception) -> None:
        if isinstance(error, RateLimited) and not self._refusals.take(monotonic()):
            self._socket.end(POLICY)
            return
        self._socket.refuse(reply_to, self._problems.describe(error, _INSTANCE))
