"""The send queues of one process, one per chat. Waiting sends are written in batches of several chats.

While a batch is written, the next one collects sends. A single send is a batch of one and is written at once.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from uuid import UUID

from loguru import logger

from app.adapters.db.database import Database
from app.adapters.errors import PoolExhausted, TransientDatabaseError
from app.modules.messages_module.errors import QueueFull
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.services import metrics
from app.modules.messages_module.services.batch import span_details, write_batch
from app.modules.messages_module.services.known_tails import KnownTails
from app.modules.messages_module.services.parts import MessageParts
from app.modules.messages_module.services.publishing import Publisher
from app.modules.messages_module.services.routing import Router
from app.modules.messages_module.services.sends import BY_CLIENT, ByServer, Send, Sent, end_outcome, refuse_ended
from app.modules.messages_module.services.writers import Writers
from app.modules.messages_module.settings import SEND
from app.services.errors import Overloaded, Unavailable
from app.services.rate_limits import RateLimits
from app.utils.background import keep_running
from app.utils.isolation import call_isolated

MAX_BATCH = 100
"""Sends in one transaction. Each chat gets its share of the batch."""
MAX_CHATS = 25
_SHARE = 20
"""Maximum sends of one chat that count when chats are chosen for a batch: a busy chat leaves room for others."""
MAX_WAITING = 20_000
"""Sends that may wait in this process. Beyond that a send is refused with QueueFull."""
MAX_WAITING_IN_CHAT = 2_000


class SendQueue:
    """Accepts sends in the order of the calls, and writes those of a chat in that order.

    A chat is in one batch at a time. A batch of several chats does not wait for locks: a chat whose stream is locked by
    another transaction gets a batch of its own, so that it delays no other chat.
    """

    def __init__(self, database: Database, publisher: Publisher, limits: RateLimits, parts: MessageParts) -> None:
        self._make_send = database.tracing.remembering(Send)
        self._write_batch = database.tracing.traced("send batch", write_batch, span_details, is_root=True)
        self._database = database
        self._parts = parts
        self._tails = KnownTails()
        self._publisher = publisher
        self._limits = limits
        # Queues of chats with sends that wait or are being written.
        self._queues: dict[UUID, deque[Send]] = {}
        # Chats with a queue that are in no batch, the longest waiting first.
        self._ready: deque[UUID] = deque()
        self._writers = Writers(on_slow=self._start_writer)
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting = 0
        self._router: Router | None = None

    def submit(
        self,
        chat_id: UUID,
        sender_id: UUID,
        message: MessageCreate,
        find_refusal: Callable[[], Exception | None] | None = None,
        by_server: ByServer = BY_CLIENT,
    ) -> Awaitable[Sent]:
        """Queues a send like `put`. The returned awaitable gives the result when the message is durable.

        It raises the refusal of the chat, or Unavailable. After a cancellation the message may still be written.
        """
        outcome: asyncio.Future[Sent] = asyncio.get_running_loop().create_future()
        self.put(chat_id, sender_id, message, partial(end_outcome, outcome), find_refusal, by_server)
        return outcome

    def put(
        self,
        chat_id: UUID,
        sender_id: UUID,
        message: MessageCreate,
        on_result: Callable[[Sent | Exception], None],
        find_refusal: Callable[[], Exception | None] | None = None,
        by_server: ByServer = BY_CLIENT,
        session_id: UUID | None = None,
    ) -> None:
        """Queues a send, in the order of the calls. `on_result` is called once, when the message is durable or refused.

        `find_refusal` is called just before the message is written, because the sender's session may have ended. Pass
        the same object with each send of a session: consecutive sends share one call. Pass `session_id` with it, by
        which another process checks the same. Raises RateLimited, QueueFull, or the refusal of a part. Then nothing is
        queued.
        """
        self._limits.hit(SEND, sender_id.int)
        router = self._router if by_server is BY_CLIENT else None
        if router is None or not router.take(chat_id, sender_id, message, on_result, find_refusal, session_id):
            self.put_counted(chat_id, sender_id, message, on_result, find_refusal, by_server)

    def put_counted(
        self,
        chat_id: UUID,
        sender_id: UUID,
        message: MessageCreate,
        on_result: Callable[[Sent | Exception], None],
        find_refusal: Callable[[], Exception | None] | None,
        by_server: ByServer = BY_CLIENT,
    ) -> None:
        """Queues a send that the rate limit has counted, to be written by this process."""
        queue = self._queues.get(chat_id)
        if self._waiting >= MAX_WAITING or (queue is not None and len(queue) >= MAX_WAITING_IN_CHAT):
            raise QueueFull
        given = self._parts.for_send(message, by_server.parts)
        send = self._make_send(chat_id, sender_id, message, on_result, find_refusal, given, by_server)
        self._waiting += 1
        if queue is not None:
            queue.append(send)
        else:
            self._queues[chat_id] = deque((send,))
            self._ready.append(chat_id)
            self._start_writer()

    def has(self, chat_id: UUID) -> bool:
        """Returns True if sends of the chat wait here or are being written."""
        return chat_id in self._queues

    def route_by(self, router: Router) -> None:
        """Asks `router` from now on which process writes a send of a client."""
        self._router = router

    def measure(self) -> None:
        """Sets the metric of waiting sends."""
        metrics.SENDS_WAITING.set(self._waiting)

    async def drain(self) -> None:
        """Waits until every queued send has its outcome."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _start_writer(self) -> None:
        """Starts another writer if chats are ready and one may begin."""
        if self._writers.may_begin(len(self._ready), is_full=self._waiting >= MAX_BATCH):
            self._writers.begin()
            keep_running(self._tasks, self._write_ready())

    async def _write_ready(self) -> None:
        """Writes one batch. An idle chat has neither a queue nor a task."""
        chat_ids = self._take_ready()
        with self._writers.writing(len(chat_ids)):
            self._start_writer()
            locked_by_others: Sequence[UUID] = ()
            try:
                if chat_ids:
                    locked_by_others = await self._write(chat_ids, [], self._gather, self._put_back)
            finally:
                for chat_id in chat_ids:
                    if chat_id in locked_by_others:
                        keep_running(self._tasks, self._write_alone(chat_id))
                    else:
                        self._release(chat_id)
        self._start_writer()

    def _take_ready(self) -> list[UUID]:
        """Takes the chats for one batch. The rest is left to another writer."""
        chat_ids: list[UUID] = []
        waiting = 0
        while self._ready and len(chat_ids) < MAX_CHATS and waiting < MAX_BATCH:
            chat_ids.append(self._ready.popleft())
            waiting += min(len(self._queues[chat_ids[-1]]), _SHARE)
        return chat_ids

    async def _write_alone(self, chat_id: UUID) -> None:
        try:
            await self._write([chat_id], [], self._gather)
        finally:
            self._release(chat_id)
            self._start_writer()

    def _release(self, chat_id: UUID) -> None:
        if self._queues[chat_id]:
            self._ready.append(chat_id)
        else:
            del self._queues[chat_id]
            if self._router is not None:
                call_isolated(self._router.on_written, chat_id)

    def _gather(self, chat_ids: Collection[UUID]) -> list[Send]:
        """Takes a batch from these chats' queues: an equal share of each, then more as far as there is room."""
        gathered: list[Send] = []
        for most in (MAX_BATCH // max(len(chat_ids), 1), MAX_BATCH):
            for chat_id in chat_ids:
                queue = self._queues[chat_id]
                gathered += [queue.popleft() for _ in range(min(len(queue), most, MAX_BATCH - len(gathered)))]
        self._waiting -= len(gathered)
        return refuse_ended(gathered)

    def _put_back(self, sends: Sequence[Send]) -> None:
        """Returns gathered sends of chats that are in this batch to the front of their queues."""
        for send in reversed(sends):
            self._queues[send.chat_id].appendleft(send)
        self._waiting += len(sends)

    async def _write(
        self,
        chat_ids: Sequence[UUID],
        batch: list[Send],
        gather: Callable[[Collection[UUID]], Sequence[Send]],
        put_back: Callable[[Sequence[Send]], None] | None = None,
    ) -> Sequence[UUID]:
        """Writes one batch, and resolves every send. Returns the chats that were skipped because they are locked."""
        try:
            written, skipped = await self._write_batch(
                self._database, self._parts, self._tails, chat_ids, batch, gather, put_back=put_back
            )
        except Exception as error:  # noqa: BLE001 - every send must get an outcome
            await self._fail(error, batch or self._gather(chat_ids))
            return ()
        finally:
            if batch:
                metrics.SEND_BATCH.observe(len(batch))
        for part in written:
            # The batch is committed, so an error here must not be handled as a failed write.
            call_isolated(self._publisher.publish, part)
        if self._router is not None:
            call_isolated(self._router.share, written)
        return skipped

    async def _fail(self, error: Exception, batch: Sequence[Send]) -> None:
        if isinstance(error, TransientDatabaseError):
            logger.warning("{} messages were not stored: {!r}", len(batch), error)
            metrics.SENDS_FAILED.inc(len(batch))
            refusal = Overloaded if isinstance(error, PoolExhausted) else Unavailable
            for send in batch:
                send.resolve(refusal("The message was not stored; try again"))
        elif len(batch) == 1:
            metrics.SENDS_FAILED.inc()
            batch[0].resolve(error)
        else:
            # One of the sends causes the error. Each is written in its own batch, so that only that one fails.
            for send in batch:
                if not send.is_resolved:
                    await self._write([send.chat_id], [send], lambda _: ())
