from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.blocks_module.api import router
from app.modules.blocks_module.db import INVARIANTS, AccountBlock
from app.modules.blocks_module.schemas import EVENT_TEXTS, EVENTS
from app.modules.blocks_module.services import ERASE_BLOCKS, HIDDEN, NO_ADDING, NO_MESSAGES, NO_NOTIFICATIONS
from app.modules.blocks_module.settings import BLOCK
from app.utils.module import Module

module = Module(
    name="blocks",
    description="Blocks between accounts",
    router=router,
    depends_on=("base", "accounts", "chats", "messages", "streams"),
    models=(AccountBlock,),
    events=EVENTS,
    invariants=(*INVARIANTS, nothing_of_erased("account_block.account_id", "account_block.blocked_id")),
    contributes=(*EVENT_TEXTS, NO_ADDING, NO_MESSAGES, NO_NOTIFICATIONS, HIDDEN, ERASE_BLOCKS, BLOCK),
)
