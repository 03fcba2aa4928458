"""The limit on guessing passwords (NIST SP 800-63B-4, 3.2.2; ASVS 5, 6.1.1)."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from math import ceil
from uuid import UUID
from weakref import WeakValueDictionary

from limits import parse

from app.adapters.db.database import Database
from app.modules.accounts_module.db.cruds import sign_in_failures as crud
from app.modules.accounts_module.settings import SIGN_IN
from app.services.errors import RateLimited
from app.services.rate_limits import RateLimits
from app.utils.remote_client import check_client

_DAY = 86_400
_MAX_IN_A_ROW = 100
"""NIST's limit. Beyond it, only a known device or network, or `manage.py account reset-password`, helps."""
_FORGET_AFTER = timedelta(days=2)
"""Longer than the longest wait, which is a day."""


class FailedSignIns:
    """Counts consecutive wrong passwords by subject: an account, a device or network it knows, or an unknown login.

    `RATE_LIMIT_SIGN_IN` says how many are free. After that each attempt has to wait for the period of the limit, which
    doubles each time up to a day. The count is in the database: all processes share it, and it survives restarts.
    """

    def __init__(self, database: Database, limits: RateLimits) -> None:
        self._database = database
        self._enabled = limits.is_enabled
        rate = parse(limits.rate_of(SIGN_IN))
        self._free, self._first_wait = rate.amount, rate.get_expiry()
        self._turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, subject: UUID) -> AsyncIterator[None]:
        """Lets one password of a subject be checked at a time, so that parallel attempts do not evade the count."""
        if not self._enabled:
            yield
            return
        lock = self._turns.get(subject)
        if lock is None:
            lock = self._turns[subject] = asyncio.Lock()
        has_to_wait = lock.locked()
        async with lock:
            if has_to_wait:
                check_client()
            yield

    async def check(self, subject: UUID, account_id: UUID) -> Collection[UUID]:
        """Raises RateLimited if the subject has to wait. Returns which of the two have a count: `forget` resets it."""
        if not self._enabled:
            return ()
        async with self._database.connection() as connection:
            counts = await crud.find_failures(connection, subject, account_id)
        failures, seconds = counts.get(subject, (0, 0.0))
        wait = self._find_wait(failures)
        if failures >= max(_MAX_IN_A_ROW, self._free):
            raise RateLimited(retry_after=wait)
        # `seconds` is negative after the database's clock was set back. That must not make the wait longer.
        if 0 <= seconds < wait:
            raise RateLimited(retry_after=ceil(wait - seconds))
        return counts

    async def add(self, subject: UUID, *, until_success: bool = False) -> None:
        """Counts a wrong password. With `until_success` it counts until the right password is given, however late."""
        if self._enabled:
            async with self._database.connection() as connection:
                await crud.add_failure(connection, subject, None if until_success else _FORGET_AFTER)

    async def forget(self, subjects: Collection[UUID]) -> None:
        """Resets the counts, after the right password."""
        if subjects:
            async with self._database.connection() as connection:
                await crud.delete_failures(connection, list(subjects))

    def _find_wait(self, failures: int) -> int:
        doublings = failures - self._free
        if doublings < 0:
            return 0
        return max(min(self._first_wait << min(doublings, 20), _DAY), self._first_wait)
