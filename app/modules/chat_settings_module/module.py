from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.chat_settings_module.api import router
from app.modules.chat_settings_module.db import ChatSettings
from app.modules.chat_settings_module.schemas import EVENT_TEXTS, EVENTS
from app.modules.chat_settings_module.services import LEVELS, SETTINGS, SETTINGS_OF_ACCOUNT
from app.modules.chat_settings_module.settings import CHANGE_CHAT_SETTINGS
from app.utils.module import Module

module = Module(
    name="chat_settings",
    description="Each member's own settings of a chat: muted, archived, pinned",
    router=router,
    depends_on=("base", "accounts", "chats", "streams"),
    models=(ChatSettings,),
    events=EVENTS,
    invariants=(nothing_of_erased("chat_settings.account_id"),),
    contributes=(*EVENT_TEXTS, SETTINGS, LEVELS, SETTINGS_OF_ACCOUNT, CHANGE_CHAT_SETTINGS),
)
