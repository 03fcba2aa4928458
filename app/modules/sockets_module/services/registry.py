"""All sockets of one process: limits per account, ended sessions, stalled clients, and signals."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel

from app.adapters.base.bus import Bus
from app.dependencies.scopes import Scope
from app.modules.accounts_module.services.open_sessions import Watch
from app.modules.accounts_module.services.presence_filters import PresenceFilters
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.sockets_module.services import metrics
from app.modules.sockets_module.services.hidden_accounts import HiddenAccounts
from app.modules.sockets_module.services.send_buffer import Turn
from app.modules.sockets_module.services.socket import REPLACED, TRY_AGAIN, Following, Socket
from app.modules.streams_module.services.frames import encode_text_frame
from app.modules.streams_module.services.hub import Hub
from app.utils.background import running
from app.utils.isolation import call_isolated

MAX_SOCKETS_OF_ACCOUNT = 50
MAX_STREAMS_OF_ACCOUNT = 100_000
"""Maximum of streams that the sockets of an account follow together. Each takes 340 bytes for each socket."""
_STALL_CHECK = 1.0


class Registry:
    """Sockets by account. It delivers signals of declared kinds to the sockets that follow their streams.

    `signals` are these kinds, each with the scope that an API key needs.
    """

    def __init__(
        self,
        hub: Hub,
        bus: Bus,
        signals: Mapping[str, Scope | None],
        revocations: Revocations,
        filters: PresenceFilters,
    ) -> None:
        self.turn = Turn()
        """What the sockets of this process send in one turn of the event loop."""
        self._hub = hub
        self._bus = bus
        self._signals = signals
        self._sockets: dict[UUID, set[Socket]] = defaultdict(set)
        self._sessions = revocations.open_sessions
        self._watches: dict[Socket, Watch] = {}
        self.hidden = HiddenAccounts(filters, self._sockets)
        bus.on_signal(self._on_signal)

    def sockets_of(self, account_id: UUID) -> list[Socket]:
        """Returns the account's sockets of this process."""
        return list(self._sockets.get(account_id, ()))

    @property
    def count(self) -> int:
        return sum(len(sockets) for sockets in self._sockets.values())

    def add(self, socket: Socket) -> None:
        account_id = socket.identity.account_id
        self._sockets[account_id].add(socket)
        self.hidden.add(account_id)
        self._watches[socket] = self._sessions.watch(socket.identity.session_id, socket.end_session)

    def remove(self, socket: Socket) -> bool:
        """Removes a socket. Returns True if it was the account's last one here."""
        account_id = socket.identity.account_id
        self._sockets[account_id].remove(socket)
        self._watches.pop(socket).stop()
        if self._sockets[account_id]:
            return False
        del self._sockets[account_id]
        self.hidden.remove(account_id)
        return True

    def measure(self) -> None:
        """Sets the metric of open sockets."""
        metrics.SOCKETS.set(self.count)

    def make_room(self, account_id: UUID) -> None:
        """Closes the account's least recently used sockets, so that one more can be added."""
        for socket in self._recently_used(account_id)[MAX_SOCKETS_OF_ACCOUNT - 1 :]:
            socket.end(REPLACED)

    def make_room_for_streams(self, socket: Socket, stream_ids: Collection[UUID]) -> None:
        """Closes the account's least recently used other sockets, so that this one can follow these streams.

        Those of its cursors are among them: it may join these streams later, and keeps the cursors until then.
        """
        count = socket.expected_streams = len(stream_ids)
        for other in self._recently_used(socket.identity.account_id):
            if other is not socket:
                count += other.stream_count
                if count > MAX_STREAMS_OF_ACCOUNT:
                    other.end(REPLACED)

    def _recently_used(self, account_id: UUID) -> list[Socket]:
        """Returns the account's sockets that stay open, the most recently used one first."""
        sockets = [socket for socket in self._sockets.get(account_id, ()) if not socket.is_closing]
        return sorted(sockets, key=lambda socket: socket.used_at, reverse=True)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Checks for stalled clients, and reads again what is hidden, for the lifetime of the application."""
        async with running(self._keep_checking(), self.hidden.keep_loading(), self.hidden.keep_loading_all()):
            yield

    async def _keep_checking(self) -> None:
        """Closes sockets whose clients have stopped reading, until cancelled."""
        while True:
            await asyncio.sleep(_STALL_CHECK)
            for sockets in tuple(self._sockets.values()):
                for socket in tuple(sockets):
                    call_isolated(_end_if_stalled, socket)

    def signal(self, kind: str, data: Mapping[str, Any] | BaseModel, *stream_ids: UUID) -> None:
        """Sends a signal to the live followers of these streams, on all processes.

        Raises ValueError for a kind that no module contributes.
        """
        if kind not in self._signals:
            raise ValueError(f"no module contributes the signal {kind!r}")
        shown = data.model_dump(mode="json") if isinstance(data, BaseModel) else data
        self._bus.signal({**shown, "kind": kind, "stream_ids": stream_ids})

    def _on_signal(self, signal: Mapping[str, Any]) -> None:
        """Delivers a signal to the followers of its streams, except the account that it is about.

        Accounts from which that one is hidden do not get it either, nor do API keys without its scope.
        """
        kind = signal.get("kind", "")
        if kind not in self._signals:
            return
        scope = self._signals[kind]
        about = signal.get("account_id")
        shown = {key: value for key, value in signal.items() if key != "stream_ids"}
        wire = encode_text_frame(orjson.dumps({"signal": shown}))
        receivers: set[Socket] = set()
        for stream_id in map(UUID, signal.get("stream_ids", ())):
            feed = self._hub.feeds.get(stream_id)
            for follower in feed.followers if feed is not None else ():
                if isinstance(follower, Following) and follower.has_signals and follower.socket not in receivers:
                    socket = follower.socket
                    receivers.add(socket)
                    identity = socket.identity
                    is_covered = identity.scopes is None or scope in identity.scopes
                    if is_covered and str(identity.account_id) != about and about not in socket.hidden:
                        socket.send_buffer.put([wire])


def _end_if_stalled(socket: Socket) -> None:
    if socket.send_buffer.is_stalled():
        socket.end(TRY_AGAIN)
