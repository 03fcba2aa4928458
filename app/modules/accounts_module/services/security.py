"""Events about the security of an account, on its own stream."""

from typing import Any
from uuid import UUID

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.streams_module.services.log import Log, event


async def append_security_event(work: UnitOfWork, log: Log, account_id: UUID, kind: str, **data: Any) -> None:
    """Appends an event `security.*`. That locks the account's stream, so call it before other rows are locked."""
    await log.append(work, account_id, event(kind, data))
