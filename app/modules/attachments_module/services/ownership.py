"""Which database the objects of a store belong to: another one, such as a restored copy, must not delete them."""

import asyncpg
from loguru import logger

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.database import Database
from app.modules.attachments_module.services.store import FileStore
from app.utils.container import Container

_OWNER = "owner"
"""The object that names the database."""
PREFIXES = ("uploads", "files", "previews")
"""What the paths of all other objects begin with."""
_DATABASE = "SELECT oid FROM pg_database WHERE datname = current_database()"
_SYSTEM = "SELECT system_identifier FROM pg_control_system()"


async def owns_store(container: Container, *, says_so: bool = False) -> bool:
    """Returns True if the store is this database's. A store without an owner becomes that as soon as it has objects.

    `says_so`: logs that it is not.
    """
    store = container.get(FileStore)
    if store.is_ours:
        return True
    async with container.get(Database).connection() as connection:
        here = await identify(connection)
    owner = await find_owner(store)
    if owner is None:
        if await _is_empty(store):
            return True
        await store.put(_OWNER, here.encode())
    elif owner != here:
        if says_so:
            logger.warning(
                "the store of files belongs to another database, so nothing in it is deleted; "
                "`python manage.py attachments adopt` gives it to this one"
            )
        return False
    store.is_ours = True
    return True


async def _is_empty(store: FileStore) -> bool:
    for prefix in PREFIXES:
        async for _ in store.list(prefix):
            return False
    return True


async def find_owner(store: FileStore) -> str | None:
    """Returns the text that `identify` has for the database that owns the store. None if it has no owner."""
    try:
        return b"".join([part async for part in store.read(_OWNER)]).decode()
    except FileNotFoundError:
        return None


async def adopt(store: FileStore, connection: DatabaseConnection) -> None:
    """Gives the store to this database."""
    await store.put(_OWNER, (await identify(connection)).encode())


async def identify(connection: DatabaseConnection) -> str:
    """Returns the same text for a database, its standbys, and copies of all its files; another one after a restore."""
    database = await connection.fetchval(_DATABASE)
    try:
        return f"{await connection.fetchval(_SYSTEM)} {database}"
    except asyncpg.InsufficientPrivilegeError:
        return str(database)
