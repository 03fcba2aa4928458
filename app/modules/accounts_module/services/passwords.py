"""Password hashes: slow on purpose, so in threads, and a few at once."""

from base64 import b64encode
from secrets import token_bytes

from anyio import CapacityLimiter, to_thread
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.settings.auth_settings import AuthSettings


def _random_base64(count: int) -> str:
    return b64encode(token_bytes(count)).rstrip(b"=").decode()


class Passwords:
    """argon2id. At most `argon2_concurrency` at once, so that sign-ins cannot starve the sends."""

    def __init__(self, settings: AuthSettings) -> None:
        self._hash = PasswordHash(
            (
                Argon2Hasher(
                    time_cost=settings.argon2_time_cost,
                    memory_cost=settings.argon2_memory_cost,
                    parallelism=settings.argon2_parallelism,
                ),
            )
        )
        self._limiter = CapacityLimiter(settings.argon2_concurrency)
        # What an unknown login is checked against: it costs the same as a wrong password, and no password fits it.
        self._nobody = (
            f"$argon2id$v=19$m={settings.argon2_memory_cost},t={settings.argon2_time_cost},"
            f"p={settings.argon2_parallelism}${_random_base64(16)}${_random_base64(32)}"
        )

    async def hash(self, password: str) -> str:
        return await to_thread.run_sync(self._hash.hash, password, limiter=self._limiter)

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Whether the password is right; always False, after the same work, where there is no hash."""
        right = await to_thread.run_sync(self._hash.verify, password, hashed or self._nobody, limiter=self._limiter)
        return right and hashed is not None
