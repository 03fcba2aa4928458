"""The sender's side: delegates sends to the processes that write their chats, and writes here what they do not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from uuid import UUID

from loguru import logger

from app.adapters.clients.peers import BadFrame, PeerFolder, PeerGroup, PeerLink
from app.modules.messages_module.errors import QueueFull
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.services import metrics
from app.modules.messages_module.services.batch import Written
from app.modules.messages_module.services.delegation.receiver import Receiver
from app.modules.messages_module.services.delegation.waiting import DelegatedChat, Waiting, read_outcome
from app.modules.messages_module.services.delegation.wire import (
    encode_events,
    encode_send,
    read_events,
    read_results,
    read_time,
    split_events,
)
from app.modules.messages_module.services.publishing import make_frames
from app.modules.messages_module.services.send_queue import MAX_WAITING, MAX_WAITING_IN_CHAT, SendQueue
from app.modules.messages_module.services.sends import Sent
from app.modules.streams_module.services.frames import Frame
from app.modules.streams_module.services.hub import Hub
from app.utils.background import running
from app.utils.isolation import call_isolated
from app.utils.shutdown import Shutdown


class Delegation:
    """Decides for each send of a client which process writes it.

    If that process ends, or does not answer, its sends are written here under the same `client_msg_id`: those that it
    has stored are found, so none is stored twice. A send without a `client_msg_id` could not be found and is always
    written here.
    """

    def __init__(self, queue: SendQueue, hub: Hub, receiver: Receiver, model: type[MessageCreate]) -> None:
        self._queue = queue
        self._hub = hub
        self._fields = set(model.model_fields)
        self.group = PeerGroup(receiver.receive, self._on_answer, self._on_news, self._on_lost)
        self._chats: dict[UUID, DelegatedChat] = {}
        self._numbers = count()
        # The chats of the numbers that have no result yet.
        self._sent: dict[int, DelegatedChat] = {}
        self._outgoing: dict[PeerLink, list[bytes]] = {}
        self._waiting = 0
        self._is_idle = asyncio.Event()

    @asynccontextmanager
    async def working(
        self, shutdown: Shutdown, find_folder: Callable[[], Awaitable[PeerFolder]]
    ) -> AsyncIterator[None]:
        """Takes part for the time of the block, until the signal to stop. Then waits for the results that are left."""

        async def take_part() -> None:
            async with self.group.joined(await find_folder()):
                await shutdown.wait()
                self.group.leave()
                # Until it is cancelled at the end of the block.
                await asyncio.Event().wait()

        async with running(take_part()):
            try:
                yield
            finally:
                self.group.leave()
                while self._chats:
                    self._is_idle.clear()
                    await self._is_idle.wait()
                await self._queue.drain()

    def measure(self) -> None:
        """Sets the metric of connected processes."""
        metrics.SEND_PEERS.set(self.group.ready)

    def take(
        self,
        chat_id: UUID,
        sender_id: UUID,
        message: MessageCreate,
        on_result: Callable[[Sent | Exception], None],
        find_refusal: Callable[[], Exception | None] | None,
        session_id: UUID | None,
    ) -> bool:
        """Returns False if this process should write the send now. Otherwise `on_result` gets its result.

        Raises QueueFull, or the error of a message that cannot be encoded. Then nothing waits.
        """
        if not self._chats and not self.group.ready:
            return False
        is_local = message.client_msg_id is None
        send = Waiting(chat_id, sender_id, message, on_result, find_refusal, session_id, is_local)
        link, chat = self._find(send), self._chats.get(chat_id)
        if chat is None and link is None:
            return False
        if self._waiting >= MAX_WAITING or (chat and len(chat.sent) + len(chat.held) >= MAX_WAITING_IN_CHAT):
            raise QueueFull
        if chat is None:
            chat = DelegatedChat(chat_id)
            chat.link = None if self._queue.has(chat_id) else link
        if chat.link is None or chat.link is not link or chat.held:
            chat.held.append(send)
        else:
            self._delegate(chat, chat.link, send)
        self._chats[chat_id] = chat
        self._waiting += 1
        return True

    def on_written(self, chat_id: UUID) -> None:
        """Called when the queue of this process has no more sends of a chat."""
        chat = self._chats.get(chat_id)
        if chat is not None and not chat.sent:
            self._go_on(chat)

    def share(self, written: Sequence[Written]) -> None:
        """Gives the events to the other processes, which then need not read them. A notification follows by the bus."""
        if written and self.group.ready:
            news = [encode_events(part) for part in written]
            # After the results of the batch, which are sent in the next turn: then a socket there gets its replies and
            # events in one write.
            asyncio.get_running_loop().call_soon(self.group.inform, news)

    def _on_news(self, content: bytes) -> None:
        """Publishes what another process has written to the followers in this one."""
        for chat, base, at, events in read_events(content):
            number = int.from_bytes(chat)
            if self._hub.follows(number):
                chat_id = UUID(int=number)
                self._hub.publish(chat_id, partial(_make_frames, chat_id, base, at, events), base + 1, given=True)

    def _find(self, send: Waiting) -> PeerLink | None:
        return None if send.is_local else self.group.find(send.chat_id)

    def _delegate(self, chat: DelegatedChat, link: PeerLink, send: Waiting) -> None:
        number = next(self._numbers) & 0xFFFFFFFF
        body = send.message.model_dump_json(exclude_unset=True, include=self._fields)
        encoded = encode_send(number, send.chat_id, send.sender_id, send.session_id, body.encode())
        chat.sent[number] = send
        self._sent[number] = chat
        outgoing = self._outgoing.get(link)
        if outgoing is None:
            self._outgoing[link] = [encoded]
            asyncio.get_running_loop().call_soon(self._flush, link)
        else:
            outgoing.append(encoded)

    def _flush(self, link: PeerLink) -> None:
        """Sends what one turn of the event loop has collected for a process, in one frame."""
        if outgoing := self._outgoing.pop(link, None):
            link.send(outgoing)
            self.group.watch()

    def _go_on(self, chat: DelegatedChat) -> None:
        """Continues with a chat of which no other process has a send."""
        chat.link = None
        while chat.held:
            link = self._find(chat.held[0])
            if link is None:
                self._write_here(chat.held.popleft())
            elif self._queue.has(chat.chat_id):
                return
            else:
                chat.link = link
                while chat.held and self._find(chat.held[0]) is link:
                    self._delegate_held(chat, link, chat.held.popleft())
                if chat.sent:
                    return
        del self._chats[chat.chat_id]
        if not self._chats:
            self._is_idle.set()

    def _delegate_held(self, chat: DelegatedChat, link: PeerLink, send: Waiting) -> None:
        try:
            refusal = send.find_refusal() if send.find_refusal else None
            if refusal is None:
                self._delegate(chat, link, send)
                return
        except Exception as error:  # noqa: BLE001 - the error becomes the result
            refusal = error
        self._resolve(send, refusal)

    def _write_here(self, send: Waiting) -> None:
        self._waiting -= 1
        try:
            self._queue.put_counted(send.chat_id, send.sender_id, send.message, send.on_result, send.find_refusal)
        except Exception as error:  # noqa: BLE001 - the error becomes the result
            call_isolated(send.on_result, error)

    def _resolve(self, send: Waiting, result: Sent | Exception) -> None:
        self._waiting -= 1
        call_isolated(send.on_result, result)

    def _on_answer(self, link: PeerLink, content: bytes) -> None:
        answered = 0
        try:
            for number, kind, result in read_results(content):
                chat = self._sent.get(number)
                if chat is None or chat.link is not link:
                    raise BadFrame(f"a result of {number}, which was not asked for")
                outcome = read_outcome(kind, result)
                del self._sent[number]
                send = chat.sent.pop(number)
                link.unanswered -= 1
                answered += 1
                self._resolve(send, outcome)
                if not chat.sent:
                    self._go_on(chat)
        finally:
            # Once: in shared files each call costs as much as the rest of a result.
            metrics.SENDS_ANSWERED.inc(answered)

    def _on_lost(self, link: PeerLink) -> None:
        """Takes back the sends that a process has not answered, in their order."""
        self._outgoing.pop(link, None)
        lost = {id(chat): chat for chat in self._sent.values() if chat.link is link}
        taken = sum(len(chat.sent) for chat in lost.values())
        if taken:
            logger.warning("another process of this machine has ended; {} sends that it had are written here", taken)
            metrics.SENDS_TAKEN_BACK.inc(taken)
        for chat in lost.values():
            for number in chat.sent:
                del self._sent[number]
            back = [send._replace(is_local=True) for send in chat.sent.values()]
            chat.sent.clear()
            chat.held.extendleft(reversed(back))
            self._go_on(chat)


def _make_frames(chat_id: UUID, base: int, at: bytes, events: bytes) -> list[Frame]:
    return make_frames(chat_id, base, read_time(at), split_events(events))
