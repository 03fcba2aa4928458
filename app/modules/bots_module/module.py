from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.bots_module.api import router
from app.modules.bots_module.db import INVARIANTS, Bot
from app.modules.bots_module.schemas import EVENTS
from app.modules.bots_module.services import (
    ABSENT_WITH_OWNER,
    BOTS_OF_ACCOUNT,
    HIDDEN_WITH_OWNER,
    LIMITED_BY_OWNER,
    TYP,
)
from app.modules.bots_module.settings import CREATE_BOT
from app.utils.module import Module

module = Module(
    name="bots",
    description="Bots: accounts of programs, each with an owner",
    router=router,
    depends_on=("base", "accounts", "chats", "keys", "streams", "jobs"),
    models=(Bot,),
    events=EVENTS,
    invariants=(
        *INVARIANTS,
        nothing_of_erased("bot.account_id", "bot.owner_id"),
    ),
    contributes=(
        TYP,
        LIMITED_BY_OWNER,
        ABSENT_WITH_OWNER,
        HIDDEN_WITH_OWNER,
        BOTS_OF_ACCOUNT,
        CREATE_BOT,
    ),
)
