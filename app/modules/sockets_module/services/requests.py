"""Executes the requests of one socket. Those with the same ordering value (such as a chat) run in order."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any

from loguru import logger
from pydantic import ValidationError

from app.adapters.db.database import Database
from app.modules.accounts_module.errors import InvalidToken, ScopeMissing, SessionsUnknown
from app.modules.accounts_module.services.authenticator import check_scope
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.sockets_module.extension import SocketContext
from app.modules.sockets_module.schemas import Ping
from app.modules.sockets_module.services.actions import Action, bind_actions
from app.modules.sockets_module.services.parsing import find_request_id, read_request
from app.modules.sockets_module.services.registry import Registry
from app.modules.sockets_module.services.socket import POLICY, Socket
from app.services.errors import ProblemMaker, RateLimited, ServiceError, ValidationFailed
from app.services.rate_limits import RateLimits
from app.utils.container import Container
from app.utils.isolation import owner_of, surviving_cancellation
from app.utils.module import Modules
from app.utils.token_bucket import TokenBucket

MAX_IN_FLIGHT = 128
"""Requests of one socket in execution. Beyond that no further frame is read from it."""
_REFUSALS_AT_ONCE, _REFUSALS_PER_SECOND = 500, 5.0
"""Replies `rate_limited` to one socket before it is closed, because its client ignores the limit."""


class _RequestQueue:
    """Requests of one socket in execution with one ordering value, such as a chat. Others have a queue each.

    `running`: ids of the requests with `begin`, by internal numbers, because clients may use an id twice.
    """

    __slots__ = ("all_done", "last_task", "running", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        # Requests with `begin`, which keep their order themselves.
        self.running: dict[int, int | str] = {}
        # Set when they are done. A task that waits for them creates it.
        self.all_done: asyncio.Event | None = None
        # The newest task. It waits for everything before it.
        self.last_task: asyncio.Task[None] | None = None


class Requests:
    """Executes the requests of one socket. `path` is the socket's own, for problems."""

    def __init__(self, socket: Socket, container: Container, path: str) -> None:
        self._socket = socket
        self._path = path
        self._database = container.get(Database)
        self._limits = container.get(RateLimits)
        self._problems: ProblemMaker = container.get(ProblemMaker)  # type: ignore[type-abstract]
        self._actions = bind_actions(container.get(Modules))
        self._models = {name: action.request for name, action in self._actions.items()} | {"ping": Ping}
        self._find_refusal = partial(_find_refusal, socket, container.get(Revocations))
        self._context = SocketContext(
            socket.identity.account_id,
            socket.identity.session_id,
            container,
            self._find_refusal,
            socket.follows,
            container.get(Registry).signal,
        )
        self._refusals = TokenBucket(_REFUSALS_AT_ONCE, _REFUSALS_PER_SECOND)
        self._last = 0
        self._in_flight = 0
        # Set when there is room. The task that waits for it creates it.
        self._room: asyncio.Event | None = None
        self._queues: dict[Any, _RequestQueue] = {}

    @property
    def is_full(self) -> bool:
        return self._in_flight >= MAX_IN_FLIGHT

    async def wait_for_room(self) -> None:
        """Waits while it `is_full`."""
        while self.is_full:
            self._room = asyncio.Event()
            await self._room.wait()

    def handle(self, frame: dict[str, Any], staleness_error: Exception | None = None) -> None:
        """Starts one request. Those with `begin` start in the order of the calls. Do not call it while it `is_full`.

        `staleness_error` refuses everything but a ping, because it is unknown if the session has ended.
        """
        try:
            self._limits.hit_call(self._socket.identity)
            request: Any = read_request(frame, self._models)
        except (RateLimited, ValidationError, ValidationFailed) as error:
            self._refuse(find_request_id(frame), error)
            return
        if type(request) is Ping:
            self._socket.answer(request.id, b"{}")
            return
        if staleness_error is not None:
            self._refuse(request.id, staleness_error)
            return
        action = self._actions[request.action]
        try:
            check_scope(self._socket.identity, action.scope)
        except ScopeMissing as error:
            self._refuse(request.id, error)
            return
        data = request.data
        value = data.__dict__.get(action.ordered_by)
        queue = self._queues.get(value)
        if queue is None:
            key = object() if value is None else value
            queue = self._queues[key] = _RequestQueue(key)
        else:
            # The same object in all requests of the queue, so that lookups need not compare UUIDs. The model is frozen:
            # tests/test_patched_internals.py.
            data.__dict__[action.ordered_by] = queue.value
        self._in_flight += 1
        begin = action.begin
        if begin is None or queue.last_task is not None:
            queue.last_task = asyncio.create_task(self._run_in_order(queue, queue.last_task, action, request))
            return
        self._last = number = self._last + 1
        queue.running[number] = request.id
        done = partial(self._end, begin, queue, number)
        try:
            begin(self._context, data, done)
        except Exception as error:  # noqa: BLE001 - the error becomes the reply
            done(error)

    def _end(self, begin: Callable[..., None], queue: _RequestQueue, number: int, result: bytes | Exception) -> None:
        """Sends the reply of a request with `begin`."""
        request_id = queue.running.pop(number, None)
        if request_id is None:
            logger.error("{} ended a request twice", owner_of(begin))
            return
        if self._in_flight >= MAX_IN_FLIGHT and self._room is not None:
            self._room.set()
        self._in_flight -= 1
        if not queue.running:
            if queue.all_done is not None:
                queue.all_done.set()
            elif queue.last_task is None:
                self._queues.pop(queue.value, None)
        if isinstance(result, bytes):
            self._socket.answer(request_id, result)
        else:
            self._refuse(request_id, result, begin)

    async def _run_in_order(
        self, queue: _RequestQueue, before: asyncio.Task[None] | None, action: Action, request: Any
    ) -> None:
        """Executes a request after all earlier ones in its queue."""
        try:
            if before is not None:
                await asyncio.wait([before])
            if queue.running:
                # No further request begins while a task waits.
                queue.all_done = asyncio.Event()
                await queue.all_done.wait()
                queue.all_done = None
            refusal = self._find_refusal()
            if refusal is not None:
                raise refusal
            with surviving_cancellation():
                self._socket.answer(request.id, await self._execute(action, request.data))
        except Exception as error:  # noqa: BLE001 - the error becomes the reply
            self._refuse(request.id, error, action.handle or action.begin)
        finally:
            if self.is_full and self._room is not None:
                self._room.set()
            self._in_flight -= 1
            if queue.last_task is asyncio.current_task():
                queue.last_task = None
                self._queues.pop(queue.value, None)

    async def _execute(self, action: Action, data: Any) -> bytes:
        if action.handle is None:
            return await self._begin_and_wait(action, data)
        context = self._context
        if action.permission is not None and action.ordered_by is not None:
            value = getattr(data, action.ordered_by)
            async with self._database.connection() as connection:
                granted = await action.permission.check(connection, context.account_id, value)
            context = replace(context, granted=granted)
        reply = await action.handle(context, data)
        return b"{}" if reply is None else reply.model_dump_json().encode()

    async def _begin_and_wait(self, action: Action, data: Any) -> bytes:
        outcome: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def done(result: bytes | Exception) -> None:
            if outcome.done():
                logger.error("{} ended a request twice", owner_of(action.begin))
            elif isinstance(result, bytes):
                outcome.set_result(result)
            else:
                outcome.set_exception(result)

        assert action.begin is not None  # noqa: S101
        action.begin(self._context, data, done)
        return await outcome

    def _refuse(self, reply_to: int | str | None, error: Exception, owner: object = None) -> None:
        if isinstance(error, RateLimited) and not self._refusals.take(monotonic()):
            self._socket.end(POLICY)
            return
        problem = self._problems.describe(error, self._path, owner)
        if "errors" in problem:
            problem["errors"] = [_in_frame(item) for item in problem["errors"]]
        self._socket.refuse(reply_to, problem)


def _in_frame(error: dict[str, Any]) -> dict[str, Any]:
    """Returns the error with its place in a frame. A service names the place in the body of a REST request."""
    loc = error["loc"]
    return {**error, "loc": ["data", *loc[1:]]} if loc[:1] == ["body"] else error


def _find_refusal(socket: Socket, revocations: Revocations) -> ServiceError | None:
    """Returns the reason not to execute a request that was read before, or None."""
    if not socket.is_signed_in:
        return InvalidToken()
    return None if revocations.are_known else SessionsUnknown()
