"""How often a password may be guessed (NIST SP 800-63B-4, 3.2.2; ASVS 5, 6.1.1)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from math import ceil
from uuid import UUID
from weakref import WeakValueDictionary

from limits import parse

from app.adapters.db.database import Database
from app.modules.accounts_module.db.cruds import sign_in_failures as crud
from app.services.errors import RateLimited
from app.settings.limits_settings import LimitsSettings
from app.utils.remote_client import check_client

_DAY = 86_400
_MAX_IN_A_ROW = 100
"""NIST's limit. Past it only a known device or network, or `manage.py account reset-password`, opens the account."""
_FORGET_AFTER = timedelta(days=2)
"""Longer than the longest wait."""


class FailedSignIns:
    """Counts wrong passwords in a row of a subject: an account, a device or network that it knows, an unknown login.

    As many as `RATE_LIMIT_SIGN_IN` says are free; then each one has to wait for its period, which doubles up to a day.
    The count is in the database: it is the same for all processes, and outlives them.
    """

    def __init__(self, database: Database, settings: LimitsSettings) -> None:
        self._database = database
        self._enabled = settings.enable
        rate = parse(settings.sign_in)
        self._free, self._first_wait = rate.amount, rate.get_expiry()
        self._turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, subject: UUID) -> AsyncIterator[None]:
        """Lets one password of a subject be checked at a time: many at once are no more than one after another."""
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

    async def check(self, subject: UUID) -> None:
        """Raises RateLimited while the subject has to wait."""
        if not self._enabled:
            return
        async with self._database.connection() as connection:
            failures, seconds = await crud.find_failures(connection, subject)
        wait = self._find_wait(failures)
        # A database's clock that was set back does not make anyone wait longer.
        if 0 <= seconds < wait or failures >= max(_MAX_IN_A_ROW, self._free):
            raise RateLimited(retry_after=max(ceil(wait - seconds), 1))

    async def add(self, subject: UUID, *, until_success: bool = False) -> None:
        """Counts a wrong password; `until_success`: until the right one comes."""
        if self._enabled:
            async with self._database.connection() as connection:
                await crud.add_failure(connection, subject, None if until_success else _FORGET_AFTER)

    async def forget(self, *subjects: UUID) -> None:
        """The right password has come."""
        if self._enabled:
            async with self._database.connection() as connection:
                await crud.delete_failures(connection, list(subjects))

    def _find_wait(self, failures: int) -> int:
        doublings = failures - self._free
        if doublings < 0:
            return 0
        return max(min(self._first_wait << min(doublings, 20), _DAY), self._first_wait)
