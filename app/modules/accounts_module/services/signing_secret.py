"""The secret that signs tokens: the setting AUTH_SECRET, or a random one that is stored in the database."""

import hmac
from secrets import token_urlsafe
from uuid import uuid4

from app.adapters.db.database import Database
from app.settings.auth_settings import AuthSettings

# The first process writes the secret. The others, started at the same time, read that one.
_INSERT = "INSERT INTO signing_key (id, name, secret) VALUES ($1, 'tokens', $2) ON CONFLICT (name) DO NOTHING"
_READ = "SELECT secret FROM signing_key WHERE name = 'tokens'"


async def find_signing_secret(settings: AuthSettings, database: Database) -> str:
    """Returns the secret, which is the same for all processes of one database. Creates it if there is none."""
    if settings.secret is not None:
        return settings.secret.get_secret_value()
    async with database.connection() as connection:
        secret = await connection.fetchval(_READ)
        if secret is None:
            await connection.execute(_INSERT, uuid4(), token_urlsafe(48))
            secret = await connection.fetchval(_READ)
    return str(secret)


async def derive_key(settings: AuthSettings, database: Database, purpose: bytes) -> bytes:
    """Returns 32 bytes that depend on the secret and the purpose. They reveal nothing of the secret."""
    secret = await find_signing_secret(settings, database)
    return hmac.digest(secret.encode(), purpose, "sha256")
