from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from app.dependencies.dependency_db import Db, Work
from app.dependencies.scopes import scoped
from app.dependencies.services_dependency import LimitsDep
from app.modules.accounts_module.dependencies import CurrentIdentity
from app.modules.notifications_module import services
from app.modules.notifications_module.schemas import NotificationsRead, NotificationsUpdate
from app.modules.notifications_module.settings import CHANGE_NOTIFICATIONS
from app.modules.streams_module.dependencies import LogDep

router = APIRouter(prefix="/accounts/me/notifications")


@router.get("", response_model=NotificationsRead)
@scoped("profile:read")
async def read(identity: CurrentIdentity, database: Db) -> Mapping[str, Any]:
    """Returns how the server writes to the caller."""
    async with database.connection() as connection:
        return await services.read_settings(connection, identity.account_id)


@router.put("", response_model=NotificationsRead)
async def change(
    body: NotificationsUpdate, identity: CurrentIdentity, work: Work, log: LogDep, limits: LimitsDep
) -> Mapping[str, Any]:
    """Changes how the server writes to the caller."""
    limits.hit(CHANGE_NOTIFICATIONS, identity.account_id.int)
    return await services.change_settings(work, log, identity.account_id, body)
