"""Password hashing. It is slow on purpose, so it runs in threads, a few at a time."""

from base64 import b64encode
from collections.abc import Callable
from secrets import token_bytes
from typing import NamedTuple, TypeVar
from unicodedata import normalize

from anyio import CapacityLimiter, to_thread
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.modules.accounts_module.errors import TooManyPasswords
from app.settings.auth_settings import AuthSettings
from app.utils.fair_queue import FairQueue

T = TypeVar("T")
LONGEST_WAIT = 30.0
"""Seconds that a password may wait for its turn: longer than a burst of sign-ins, shorter than clients' timeouts."""
MAX_WAITING = 500
"""Maximum number of waiting passwords of one source."""
_RETRY_AFTER = 5
"""Seconds until a client may retry."""


def _random_base64(count: int) -> str:
    return b64encode(token_bytes(count)).rstrip(b"=").decode()


class Verdict(NamedTuple):
    """The result of a check. `is_outdated`: the stored hash should be renewed."""

    is_right: bool
    is_outdated: bool = False


def normalize_password(password: str) -> str:
    """Returns the form that is hashed: devices encode the same letters differently (NIST SP 800-63B-4, 3.1.1.2)."""
    return normalize("NFKC", password)


class Passwords:
    """Hashes and verifies passwords with argon2id.

    At most `argon2_concurrency` run at once, so that sign-ins cannot starve the sending of messages. Each call names
    its source: a network, or a device or network that the account knows. Sources take turns, so a flood from one of
    them does not delay the others. Raises TooManyPasswords if the wait would be too long.
    """

    def __init__(self, settings: AuthSettings) -> None:
        self._hasher = Argon2Hasher(
            time_cost=settings.argon2_time_cost,
            memory_cost=settings.argon2_memory_cost,
            parallelism=settings.argon2_parallelism,
        )
        self._hash = PasswordHash((self._hasher,))
        self._limiter = CapacityLimiter(settings.argon2_concurrency)
        self._queue = FairQueue(settings.argon2_concurrency)
        # The hash that the password of an unknown login is checked against. It costs the same time as a wrong
        # password, and no password matches it.
        self._unmatched_hash = (
            f"$argon2id$v=19$m={settings.argon2_memory_cost},t={settings.argon2_time_cost},"
            f"p={settings.argon2_parallelism}${_random_base64(16)}${_random_base64(32)}"
        )

    async def hash(self, password: str, source: str = "") -> str:
        return await self._compute(source, self._hash.hash, normalize_password(password))

    async def verify(self, password: str, hashed: str | None, source: str = "") -> Verdict:
        """Checks a password. Without a hash it is never right, after the same amount of work.

        Former releases hashed passwords as they were typed, so that form is tried as well.
        """
        compared, normalized = hashed or self._unmatched_hash, normalize_password(password)
        for tried in dict.fromkeys((normalized, password)):
            if await self._compute(source, self._hash.verify, tried, compared) and hashed is not None:
                return Verdict(True, tried != normalized or self._hasher.check_needs_rehash(hashed))
        return Verdict(False)

    async def _compute(self, source: str, function: Callable[..., T], *arguments: str) -> T:
        if self._queue.count(source) >= MAX_WAITING:
            raise TooManyPasswords(retry_after=_RETRY_AFTER)
        try:
            async with self._queue.place(source, LONGEST_WAIT):
                return await to_thread.run_sync(function, *arguments, limiter=self._limiter)
        except TimeoutError:
            raise TooManyPasswords(retry_after=_RETRY_AFTER) from None
