from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.leaving_module.api import router
from app.modules.leaving_module.db import AccountLeaving
from app.modules.leaving_module.schemas import EVENTS
from app.modules.leaving_module.services import ABSENT, COME_BACK, END, FORGET_LEAVING, HAND_OVER, NOT_ADDED
from app.modules.leaving_module.settings import DEACTIVATE, LeavingSettings
from app.utils.module import Module

module = Module(
    name="leaving",
    description="Deactivation of one's account, which is erased later unless its owner comes back",
    router=router,
    depends_on=("base", "accounts", "chats", "streams", "jobs"),
    models=(AccountLeaving,),
    events=EVENTS,
    settings=LeavingSettings,
    invariants=(nothing_of_erased("account_leaving.account_id"),),
    contributes=(ABSENT, COME_BACK, NOT_ADDED, FORGET_LEAVING, HAND_OVER, END, DEACTIVATE),
)
