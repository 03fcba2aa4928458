from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.commands_module.api import router
from app.modules.commands_module.db import BotCommand
from app.modules.commands_module.schemas import EVENT_TEXTS, EVENTS
from app.modules.commands_module.services import COMMANDS_OF_ACCOUNT
from app.modules.commands_module.settings import LIST_COMMANDS, SET_COMMANDS
from app.utils.module import Module

module = Module(
    name="commands",
    description="Slash commands of bots",
    router=router,
    depends_on=("base", "accounts", "chats", "streams", "bots"),
    left_out_with=("chats", "bots"),
    models=(BotCommand,),
    events=EVENTS,
    invariants=(nothing_of_erased("bot_command.account_id"),),
    contributes=(*EVENT_TEXTS, COMMANDS_OF_ACCOUNT, SET_COMMANDS, LIST_COMMANDS),
)
