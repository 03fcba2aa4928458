"""Reads and changes how the server writes to an account."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import AccountHook, Erasure
from app.modules.mail_module.extension import MailPreferences, Preferences
from app.modules.notifications_module import db
from app.modules.notifications_module.db import Choices
from app.modules.notifications_module.extension import NotificationSetting
from app.modules.notifications_module.schemas import NotificationsUpdate
from app.modules.streams_module.services.log import Log, event
from app.services.context import Context, WorkContext
from app.utils.module import Modules

AccountSettings = Mapping[str, Any]
"""The settings of an account by name, with the default where it has chosen nothing."""


async def list_settings(
    connection: DatabaseConnection, modules: Modules, account_ids: Collection[UUID]
) -> dict[UUID, AccountSettings]:
    """Returns the settings of each of the accounts."""
    chosen = await db.list_choices(connection, account_ids)
    contributed = modules.contributions(NotificationSetting)
    return {account_id: _with_defaults(contributed, chosen.get(account_id, Choices())) for account_id in account_ids}


async def read_settings(connection: DatabaseConnection, modules: Modules, account_id: UUID) -> AccountSettings:
    return (await list_settings(connection, modules, [account_id]))[account_id]


async def change_settings(
    work: UnitOfWork, log: Log, modules: Modules, account_id: UUID, changes: NotificationsUpdate
) -> AccountSettings:
    """Changes the settings and returns them. Appends `notifications.changed` if they differ from before."""
    await log.lock(work, accounts=[account_id])
    raw = await work.raw()
    chosen = await db.find_choices(raw, account_id)
    contributed = modules.contributions(NotificationSetting)
    before = _with_defaults(contributed, chosen)
    settings = {**before, **changes.model_dump(mode="json", exclude_unset=True, by_alias=True)}
    if settings != before:
        defaults = {setting.name: setting.default for setting in contributed}
        # Those of modules that are switched off stay.
        more = {name: value for name, value in chosen.more.items() if name not in defaults}
        more |= {name: settings[name] for name, default in defaults.items() if settings[name] != default}
        await db.write_choices(raw, account_id, Choices(settings["language"], settings["time_zone"], more))
        await log.append(work, account_id, event("notifications.changed", settings))
    return settings


def _with_defaults(contributed: Sequence[NotificationSetting], chosen: Choices) -> AccountSettings:
    more = {setting.name: chosen.more.get(setting.name, setting.default) for setting in contributed}
    return {"language": chosen.language, "time_zone": chosen.time_zone, **more}


async def _find_preferences(context: Context, account_id: UUID) -> Preferences:
    chosen = await db.find_choices(context.connection, account_id)
    return Preferences(chosen.language, chosen.time_zone)


async def _erase(context: WorkContext, account_id: UUID, _: Erasure, __: int) -> bool:
    await db.delete_choices(context.connection, account_id)
    return False


PREFERENCES = MailPreferences("notifications", _find_preferences)
ERASE_SETTINGS = AccountHook("notifications", _erase)
