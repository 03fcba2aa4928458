"""Reads and changes how the server writes to an account."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.adapters.db.connection import Connection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import AccountHook, Erasure
from app.modules.mail_module.extension import MailPreferences, Preferences
from app.modules.notifications_module import db
from app.modules.notifications_module.schemas import NotificationsUpdate
from app.modules.streams_module.services.log import Log, event
from app.services.context import Context, WorkContext

DEFAULTS: Mapping[str, Any] = {"language": None, "time_zone": None}


async def read_settings(connection: Connection, account_id: UUID) -> Mapping[str, Any]:
    return await db.find_settings(connection, account_id) or DEFAULTS


async def change_settings(
    work: UnitOfWork, log: Log, account_id: UUID, changes: NotificationsUpdate
) -> Mapping[str, Any]:
    """Changes the settings and returns them. Appends `notifications.changed` if they differ from before."""
    await log.lock(work, accounts=[account_id])
    raw = await work.raw()
    before = await read_settings(raw, account_id)
    settings = {**before, **changes.model_dump(exclude_unset=True)}
    if settings != before:
        await db.write_settings(raw, account_id, settings)
        await log.append(work, account_id, event("notifications.changed", settings))
    return settings


async def _find_preferences(context: Context, account_id: UUID) -> Preferences:
    settings = await read_settings(context.connection, account_id)
    return Preferences(settings["language"], settings["time_zone"])


async def _erase(context: WorkContext, account_id: UUID, _: Erasure, __: int) -> bool:
    await db.delete_settings(context.connection, account_id)
    return False


PREFERENCES = MailPreferences("notifications", _find_preferences)
ERASE_SETTINGS = AccountHook("notifications", _erase)
