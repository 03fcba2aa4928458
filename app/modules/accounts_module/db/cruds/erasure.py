from uuid import UUID

from app.modules.streams_module.services.log import Executor

_DELETE_PRESENCE = "DELETE FROM account_presence WHERE account_id = $1"


async def delete_presence(connection: Executor, account_id: UUID) -> None:
    await connection.execute(_DELETE_PRESENCE, account_id)
