"""Which accounts are hidden from those with sockets in this process. Their signals are not delivered to these."""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from app.adapters.errors import TransientDatabaseError
from app.modules.accounts_module.services.presence_filters import PresenceFilters
from app.modules.sockets_module.services.socket import Socket
from app.utils.isolation import report_failure

_RETRY = 1.0
_READ_AGAIN_AFTER = 300.0
"""Seconds after which each account with sockets reads again what is hidden from it: a notification may be lost."""


class HiddenAccounts:
    """Sets `hidden` of sockets: at their hello, and again after each change. `sockets` are those here, by account."""

    def __init__(self, filters: PresenceFilters, sockets: Mapping[UUID, Collection[Socket]]) -> None:
        self._filters = filters
        self._sockets = sockets
        # Of each account with sockets here: another object after each change of what is hidden from it.
        self._versions: dict[UUID, object] = {}
        # Accounts that read again what is hidden from them.
        self._due: OrderedDict[UUID, None] = OrderedDict()
        self._has_due = asyncio.Event()
        filters.on_change(self._on_change)

    def add(self, account_id: UUID) -> None:
        """Follows the changes for an account, which has a socket here now."""
        self._versions.setdefault(account_id, object())

    def remove(self, account_id: UUID) -> None:
        """Forgets an account, which has no socket here any more."""
        del self._versions[account_id]

    async def load(self, account_id: UUID) -> None:
        """Reads which accounts are hidden from an account with sockets here."""
        while (version := self._versions.get(account_id)) is not None:
            hidden = frozenset(map(str, await self._filters.read_all_hidden(account_id)))
            # Otherwise it has changed since, and what was read may be older than what another task has read.
            if self._versions.get(account_id) is version:
                for socket in self._sockets[account_id]:
                    socket.hidden = hidden
                return

    async def keep_loading(self) -> None:
        """Reads for one account after the other, until cancelled.

        All of them at once would delay requests in the queue of the pool.
        """
        while True:
            await self._has_due.wait()
            self._has_due.clear()
            while self._due:
                account_id, _ = self._due.popitem(last=False)
                await self._load_again(account_id)

    async def keep_loading_all(self) -> None:
        """Finds what has been hidden without a notification, until cancelled."""
        while True:
            await asyncio.sleep(_READ_AGAIN_AFTER)
            self._add_due(self._versions)

    def _on_change(self, viewer: UUID | None) -> None:
        viewers = list(self._versions) if viewer is None else [viewer]
        here = [account_id for account_id in viewers if account_id in self._versions]
        for account_id in here:
            self._versions[account_id] = object()
        self._add_due(here)
        if viewer is not None and here:
            # A change that is known comes before those that may have been missed.
            self._due.move_to_end(viewer, last=False)

    def _add_due(self, account_ids: Iterable[UUID]) -> None:
        self._due.update(dict.fromkeys(account_ids))
        self._has_due.set()

    async def _load_again(self, account_id: UUID) -> None:
        while account_id in self._versions:
            try:
                await self.load(account_id)
                break
            except TransientDatabaseError:
                await asyncio.sleep(_RETRY)
            except Exception as error:  # noqa: BLE001 - the other accounts come next
                report_failure(self._filters, error)
                break
