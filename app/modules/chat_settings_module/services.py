"""The settings of a chat that each member has for itself."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import AccountHook
from app.modules.chat_settings_module import db
from app.modules.chat_settings_module.schemas import ChatSettingsRead, ChatSettingsUpdate
from app.modules.chats_module.extension import ChatPart, NotifyLevel, NotifyLevels
from app.modules.chats_module.services.access import get_membership
from app.modules.streams_module.services.log import Log, event
from app.services.context import Context

DEFAULTS: Mapping[str, Any] = {"muted_until": None, "is_archived": False, "is_pinned": False, "notify": "all"}


async def change_settings(
    work: UnitOfWork, log: Log, chat_id: UUID, account_id: UUID, changes: ChatSettingsUpdate
) -> dict[str, Any]:
    """Changes a member's settings and returns them. Appends `chat.settings_changed` if they differ from before."""
    # The end of a membership takes this lock, too.
    await log.lock(work, accounts=[account_id])
    raw = await work.raw()
    await get_membership(raw, chat_id, account_id)
    before = (await db.list_settings(raw, account_id, [chat_id])).get(chat_id, DEFAULTS)
    settings = {**before, **changes.model_dump(exclude_unset=True)}
    if settings != before:
        await db.write_settings(raw, chat_id, account_id, settings)
        await log.append(work, account_id, event("chat.settings_changed", {"chat_id": chat_id, **settings}))
    return settings


async def _describe(context: Context, viewer: UUID, chat_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    return await db.list_settings(context.connection, viewer, chat_ids)


async def _find_levels(context: Context, chat_id: UUID, account_ids: Collection[UUID]) -> Mapping[UUID, NotifyLevel]:
    return await db.list_levels(context.connection, chat_id, account_ids, context.at)


SETTINGS = ChatPart("settings", ChatSettingsRead, empty=DEFAULTS, describe=_describe)
LEVELS = NotifyLevels("chat_settings", _find_levels)
SETTINGS_OF_ACCOUNT = AccountHook.of_rows("chat_settings", db.DELETE_OF_ACCOUNT)
"""An erased account stays a member of its direct chats."""
