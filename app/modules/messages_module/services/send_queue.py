"""The queues of sends of one process: one a chat, each written in batches.

While a batch commits, the next one gathers, and so it does until its chat is locked. A lone send is a batch of one and
waits for nobody.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from loguru import logger

from app.adapters.base.bus import Bus
from app.adapters.db.database import Database
from app.adapters.errors import is_database_away
from app.modules.messages_module.errors import QueueFull
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.services.batch import MAX_BATCH, Send, Sent, Written, write_batch
from app.modules.streams_module.services.frames import make_frames
from app.modules.streams_module.services.hub import Hub
from app.services.errors import Unavailable
from app.utils import metrics

MAX_WAITING = 20_000
"""Sends that may wait in this process; beyond that a caller is told to come back."""
MAX_WAITING_IN_CHAT = 2_000


class SendQueue:
    """Takes sends in the order of the calls, and writes each chat's in that order."""

    def __init__(self, database: Database, bus: Bus, hub: Hub) -> None:
        self._database = database
        self._bus = bus
        self._hub = hub
        self._queues: dict[UUID, deque[Send]] = {}
        self._writers: set[asyncio.Task[None]] = set()
        self._waiting = 0

    def submit(self, chat_id: UUID, sender_id: UUID, message: MessageCreate) -> Awaitable[Sent]:
        """Queues at once, in the order of the calls; the result comes when the message is durable.

        Raises QueueFull; the awaitable raises what the chat refuses, or Unavailable. Giving up the waiting takes
        nothing back: the message may be written all the same.
        """
        queue = self._queues.get(chat_id)
        if self._waiting >= MAX_WAITING or (queue is not None and len(queue) >= MAX_WAITING_IN_CHAT):
            raise QueueFull
        outcome: asyncio.Future[Sent] = asyncio.get_running_loop().create_future()
        send = Send(sender_id, message.client_msg_id, message.text, message.reply_to_seq, outcome)
        self._waiting += 1
        if queue is not None:
            queue.append(send)
        else:
            self._queues[chat_id] = deque((send,))
            writer = asyncio.create_task(self._write(chat_id))
            self._writers.add(writer)
            writer.add_done_callback(self._writers.discard)
        return outcome

    def measure(self) -> None:
        """Tells the metrics how much waits."""
        metrics.SENDS_WAITING.set(self._waiting)

    async def drain(self) -> None:
        """Waits until everything that was queued has its outcome."""
        while self._writers:
            await asyncio.wait(self._writers)

    async def _write(self, chat_id: UUID) -> None:
        """Until the chat's queue is empty. A chat that is idle has neither queue nor task."""
        queue = self._queues[chat_id]

        def take(most: int) -> list[Send]:
            taken = [queue.popleft() for _ in range(min(len(queue), most))]
            self._waiting -= len(taken)
            return taken

        while queue:
            await self._write_batch(chat_id, take(MAX_BATCH), take)
        del self._queues[chat_id]

    async def _write_batch(
        self, chat_id: UUID, batch: list[Send], late: Callable[[int], Sequence[Send]] = lambda most: ()
    ) -> None:
        try:
            written = await write_batch(self._database, chat_id, batch, late)
        except Exception as error:  # noqa: BLE001 - every send gets its outcome, whatever went wrong
            if is_database_away(error):
                logger.warning("{} sends to {} were not written: {!r}", len(batch), chat_id, error)
                metrics.SENDS_FAILED.inc(len(batch))
                for send in batch:
                    send.resolve(Unavailable("The message was not written; try again"))
            elif len(batch) == 1:
                metrics.SENDS_FAILED.inc()
                batch[0].resolve(error)
            else:
                # One of them is at fault: each on its own, so that it fails alone.
                for send in batch:
                    if not send.outcome.done():
                        await self._write_batch(chat_id, [send])
            return
        finally:
            metrics.SEND_BATCH.observe(len(batch))
        if written is not None:
            self._tell(chat_id, written)

    def _tell(self, chat_id: UUID, written: Written) -> None:
        """To this process' own followers without a read; the others are rung for."""
        first = written.base + 1
        rows = [
            {"seq": seq, "kind": "message.created", "data": data, "at": written.at}
            for seq, data in enumerate(written.events, first)
        ]
        self._hub.offer(chat_id, lambda: make_frames(str(chat_id), rows), first)
        self._bus.ring(chat_id, written.base + len(rows))
