"""The processes of this machine that are connected with this one, and which of them a key belongs to."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from hashlib import blake2b
from math import ceil
from operator import itemgetter
from secrets import token_hex
from time import time
from uuid import UUID

from loguru import logger

from app.adapters.clients.peers.folder import PeerFolder
from app.adapters.clients.peers.frames import MAX_CONTENT
from app.adapters.clients.peers.link import PeerLink, PeerSession
from app.utils.background import running, wait_at_most

TICK = 0.25
"""Seconds between two tests of a process that owes an answer. After five of them in silence it counts as ended."""
MEMBERS_OF_ONE = 4
"""Processes for which one of them works: fewer share too much of the work, more could be too much for one."""
_CONNECT_TIMEOUT = 1.0
_PAUSE = 0.1
"""Seconds between two looks into the folder."""
_RETRY = 1.0
"""Seconds after which a process is tried again that exists and could not be connected."""
_MAX_CHOSEN = 50_000


class PeerGroup:
    """Connects with the other processes, in both directions.

    A new process connects with all that it finds. They learn of it by this connection and connect with it. So a process
    alone does nothing. `receive` gets the requests of other processes, `on_answer` the answers to one's own, `on_news`
    what this process has not asked for, `on_lost` a link that has ended.
    """

    def __init__(
        self,
        receive: Callable[[PeerSession, bytes], None],
        on_answer: Callable[[PeerLink, bytes], None],
        on_news: Callable[[bytes], None],
        on_lost: Callable[[PeerLink], None],
    ) -> None:
        # In the order of age, so that a new process does not take the place of another one.
        self.name = f"{int(time()):08x}{token_hex(4)}"
        self.folder: PeerFolder | None = None
        """Where the others find this process, as soon as it belongs to the group."""
        self._receive = receive
        self._on_answer = on_answer
        self._on_news = on_news
        self._on_lost = on_lost
        self._links: dict[str, PeerLink] = {}
        self._sessions: set[PeerSession] = set()
        self._ready: list[PeerLink] = []
        self._choosing = self._choose()
        self._chosen: dict[UUID, PeerLink | None] = {}
        self._wake_up = asyncio.Event()
        self._ticking: asyncio.TimerHandle | None = None
        self._is_leaving = False

    @property
    def ready(self) -> int:
        """How many other processes can be asked."""
        return len(self._ready)

    def find(self, key: UUID) -> PeerLink | None:
        """Returns the process that the key belongs to; None for this one.

        All processes with the same members find the same one. When one comes or goes, only its keys move.
        """
        if not self._ready:
            return None
        try:
            return self._chosen[key]
        except KeyError:
            if len(self._chosen) >= _MAX_CHOSEN:
                self._chosen.clear()
            found = self._chosen[key] = max(self._choosing, key=partial(_weigh, key))[1]
            return found

    def inform(self, news: Sequence[bytes]) -> None:
        """Sends news to all other processes. They miss what is too large for a frame, or if they read too slowly."""
        fitting = [record for record in news if len(record) <= MAX_CONTENT]
        for session in self._sessions if fitting else ():
            session.inform(fitting)

    def watch(self) -> None:
        """Call it after `PeerLink.send`: tests processes while they owe an answer."""
        if self._ticking is None:
            self._ticking = asyncio.get_running_loop().call_later(TICK, self._tick)

    @asynccontextmanager
    async def joined(self, folder: PeerFolder) -> AsyncIterator[None]:
        """Belongs to the group for the time of the block. Without a usable folder this process remains alone."""
        try:
            listener = folder.listen(self.name)
        except OSError as error:
            logger.warning("this process does not find the others of this machine: {}", error)
            yield
            return
        self.folder = folder
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_unix_server(self._open_session, sock=listener)
        except BaseException:
            # A cancellation at this point loses the server, not its socket.
            listener.close()
            folder.remove(self.name)
            raise
        try:
            async with running(self._keep_connected(folder)):
                yield
        finally:
            self.leave()
            server.close()
            for session in tuple(self._sessions):
                session.finish()
            for link in tuple(self._links.values()):
                link.close()
            if self._ticking is not None:
                self._ticking.cancel()

    def leave(self) -> None:
        """Gets no further requests, and sends none. Those on their way are answered."""
        if self._is_leaving:
            return
        self._is_leaving = True
        if self.folder is not None:
            self.folder.remove(self.name)
        for session in self._sessions:
            session.announce_leaving()
        self._note_change()

    def _choose(self) -> list[tuple[str, PeerLink | None]]:
        """Returns the oldest processes, as many as are needed for the work of all."""
        members: list[tuple[str, PeerLink | None]] = [(self.name, None), *((link.name, link) for link in self._ready)]
        members.sort(key=itemgetter(0))
        return members[: ceil(len(members) / MEMBERS_OF_ONE)]

    def _open_session(self) -> PeerSession:
        return PeerSession(self._receive, self._on_open, self._sessions.discard)

    def _on_open(self, session: PeerSession) -> None:
        self._sessions.add(session)
        if self._is_leaving:
            session.announce_leaving()
        self._wake_up.set()

    def _note_change(self) -> None:
        self._ready = [] if self._is_leaving else [link for link in self._links.values() if link.is_ready]
        self._choosing = self._choose()
        self._chosen.clear()
        logger.debug("{} other processes of this machine are connected", len(self._ready))

    def _forget(self, link: PeerLink) -> None:
        if self._links.get(link.name) is link:
            del self._links[link.name]
        self._note_change()
        self._on_lost(link)
        self._wake_up.set()

    def _tick(self) -> None:
        self._ticking = None
        for link in list(self._links.values()):
            link.tick()
        if any(link.unanswered for link in self._links.values()):
            self.watch()

    async def _keep_connected(self, folder: PeerFolder) -> None:
        """Connects with new processes until cancelled."""
        while not self._is_leaving:
            self._wake_up.clear()
            names = [name for name in folder.list_names() if name != self.name and name not in self._links]
            are_done = [await self._connect(folder, name) for name in names]
            await asyncio.sleep(_PAUSE)
            await wait_at_most(None if all(are_done) else _RETRY, self._wake_up.wait())

    async def _connect(self, folder: PeerFolder, name: str) -> bool:
        """Connects with a process. Returns False if it must be tried again later."""
        loop = asyncio.get_running_loop()
        make_link = partial(PeerLink, name, self._on_answer, self._on_news, self._note_change, self._forget)
        path = str(folder.path_of(name))
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT):
                _, link = await loop.create_unix_connection(make_link, path)
        except (ConnectionRefusedError, FileNotFoundError):
            folder.remove(name)
            return True
        except OSError:
            # Also a timeout: the process exists, and has no time for it now.
            return False
        if not link.is_closed:
            self._links[name] = link
            self._note_change()
        return True


def _weigh(key: UUID, member: tuple[str, PeerLink | None]) -> bytes:
    return blake2b(key.bytes, key=member[0].encode(), digest_size=8).digest()
