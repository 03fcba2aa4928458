from fastapi import APIRouter

from app.dependencies.dependency_db import Db, Work
from app.dependencies.scopes import scoped
from app.dependencies.services_dependency import LimitsDep
from app.modules.accounts_module.dependencies import CurrentIdentity
from app.modules.notifications_module.schemas import notification_models
from app.modules.notifications_module.services import settings
from app.modules.notifications_module.services.settings import AccountSettings
from app.modules.notifications_module.settings import CHANGE_NOTIFICATIONS
from app.modules.streams_module.dependencies import LogDep
from app.utils.module import Modules


def make_router(modules: Modules) -> APIRouter:
    """Returns the routes of one application. Their models have the settings that its modules contribute."""
    router = APIRouter(prefix="/accounts/me/notifications")
    models = notification_models(modules)

    @router.get("", response_model=models.read)
    @scoped("profile:read")
    async def read(identity: CurrentIdentity, database: Db) -> AccountSettings:
        """Returns how the server writes to the caller."""
        async with database.connection() as connection:
            return await settings.read_settings(connection, modules, identity.account_id)

    @router.put("", response_model=models.read)
    async def change(
        body: models.update,  # type: ignore[name-defined]
        identity: CurrentIdentity,
        work: Work,
        log: LogDep,
        limits: LimitsDep,
    ) -> AccountSettings:
        """Changes how the server writes to the caller."""
        limits.hit(CHANGE_NOTIFICATIONS, identity.account_id.int)
        return await settings.change_settings(work, log, modules, identity.account_id, body)

    return router
