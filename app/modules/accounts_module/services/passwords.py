"""Password hashes: slow on purpose, so in threads, and a few at once."""

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

T = TypeVar("T")
MAX_WAITING = 50
"""Passwords that may wait for each that is computed: some ten seconds of work. Beyond that one is told to come back."""
_COME_BACK = 5
"""Seconds."""


def _random_base64(count: int) -> str:
    return b64encode(token_bytes(count)).rstrip(b"=").decode()


class Verdict(NamedTuple):
    """The result of a check. `is_outdated`: the stored hash is to be renewed."""

    is_right: bool
    is_outdated: bool = False


def normalize_password(password: str) -> str:
    """Returns the form that is hashed: devices compose the same letters differently (NIST SP 800-63B-4, 3.1.1.2)."""
    return normalize("NFKC", password)


class Passwords:
    """argon2id. At most `argon2_concurrency` at once, so that sign-ins cannot starve the sends.

    Raises TooManyPasswords where too many wait already: a flood of sign-ins piles up no memory.
    """

    def __init__(self, settings: AuthSettings) -> None:
        self._hasher = Argon2Hasher(
            time_cost=settings.argon2_time_cost,
            memory_cost=settings.argon2_memory_cost,
            parallelism=settings.argon2_parallelism,
        )
        self._hash = PasswordHash((self._hasher,))
        self._limiter = CapacityLimiter(settings.argon2_concurrency)
        self._most = settings.argon2_concurrency * (1 + MAX_WAITING)
        self._under_way = 0
        # What an unknown login is checked against: it costs the same as a wrong password, and no password fits it.
        self._nobody = (
            f"$argon2id$v=19$m={settings.argon2_memory_cost},t={settings.argon2_time_cost},"
            f"p={settings.argon2_parallelism}${_random_base64(16)}${_random_base64(32)}"
        )

    async def hash(self, password: str) -> str:
        return await self._compute(self._hash.hash, normalize_password(password))

    async def verify(self, password: str, hashed: str | None) -> Verdict:
        """Checks a password; it is never right, after the same work, where there is no hash.

        Hashes of former releases are of passwords as they were typed.
        """
        normalized = normalize_password(password)
        if await self._compute(self._hash.verify, normalized, hashed or self._nobody) and hashed is not None:
            return Verdict(True, self._hasher.check_needs_rehash(hashed))
        if password == normalized:
            return Verdict(False)
        is_right = await self._compute(self._hash.verify, password, hashed or self._nobody) and hashed is not None
        return Verdict(is_right, is_outdated=is_right)

    async def _compute(self, function: Callable[..., T], *arguments: str) -> T:
        if self._under_way >= self._most:
            raise TooManyPasswords(retry_after=_COME_BACK)
        self._under_way += 1
        try:
            return await to_thread.run_sync(function, *arguments, limiter=self._limiter)
        finally:
            self._under_way -= 1
