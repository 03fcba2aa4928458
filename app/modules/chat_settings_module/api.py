from typing import Any

from fastapi import APIRouter

from app.dependencies.dependency_db import Work
from app.dependencies.scopes import scoped
from app.dependencies.services_dependency import LimitsDep
from app.modules.base_module.schemas import refuses
from app.modules.chat_settings_module import services
from app.modules.chat_settings_module.schemas import ChatSettingsRead, ChatSettingsUpdate
from app.modules.chat_settings_module.settings import CHANGE_CHAT_SETTINGS
from app.modules.chats_module.dependencies import ChatMembership
from app.modules.chats_module.errors import ChatNotFound
from app.modules.streams_module.dependencies import LogDep

router = APIRouter(prefix="/chats/{chat_id}/settings")


@router.put("", response_model=ChatSettingsRead, openapi_extra=refuses(ChatNotFound))
@scoped("chats:write")
async def change(
    body: ChatSettingsUpdate, member: ChatMembership, work: Work, log: LogDep, limits: LimitsDep
) -> dict[str, Any]:
    """Changes the caller's own settings of a chat; the chat shows them as `settings` to the caller only."""
    limits.hit(CHANGE_CHAT_SETTINGS, member.account_id.int)
    return await services.change_settings(work, log, member.chat_id, member.account_id, body)
