from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.notifications_module.api import make_router
from app.modules.notifications_module.db import NotificationSettings
from app.modules.notifications_module.schemas import QUIET_HOURS, notification_models
from app.modules.notifications_module.services.settings import ERASE_SETTINGS, PREFERENCES
from app.modules.notifications_module.settings import CHANGE_NOTIFICATIONS
from app.utils.module import Module

module = Module(
    name="notifications",
    description="How the server writes to an account: its language, time zone and quiet hours",
    router=make_router,
    depends_on=("base", "accounts", "mail", "streams"),
    models=(NotificationSettings,),
    events=lambda modules: notification_models(modules).events,
    invariants=(nothing_of_erased("notification_settings.account_id"),),
    contributes=(QUIET_HOURS, PREFERENCES, ERASE_SETTINGS, CHANGE_NOTIFICATIONS),
)
