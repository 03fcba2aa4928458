"""Which database this is, however it is addressed."""

import asyncpg

from app.adapters.db.database import Database

# Standbys and clones of the files have the same identifier.
_IDENTITY = "SELECT concat((pg_control_system()).system_identifier, ' ', current_database())"


async def read_identity(database: Database) -> str:
    """Returns the same text through each address of the database. Raises TransientDatabaseError.

    If the role may not read it, returns the address.
    """
    async with database.connection() as connection:
        try:
            return str(await connection.fetchval(_IDENTITY))
        except asyncpg.InsufficientPrivilegeError:
            return f"{database.address} {database.address.database}"
