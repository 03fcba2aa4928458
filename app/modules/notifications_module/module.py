from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.notifications_module.api import router
from app.modules.notifications_module.db import NotificationSettings
from app.modules.notifications_module.schemas import EVENTS
from app.modules.notifications_module.services import ERASE_SETTINGS, PREFERENCES
from app.modules.notifications_module.settings import CHANGE_NOTIFICATIONS
from app.utils.module import Module

module = Module(
    name="notifications",
    description="How the server writes to an account: its language and time zone",
    router=router,
    depends_on=("base", "accounts", "mail", "streams"),
    models=(NotificationSettings,),
    events=EVENTS,
    invariants=(nothing_of_erased("notification_settings.account_id"),),
    contributes=(PREFERENCES, ERASE_SETTINGS, CHANGE_NOTIFICATIONS),
)
