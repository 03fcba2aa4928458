from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.drafts_module.api import router
from app.modules.drafts_module.db import INVARIANTS, Draft
from app.modules.drafts_module.schemas import EVENT_TEXTS, EVENTS
from app.modules.drafts_module.services import DRAFTS_OF_ACCOUNT, PURGE_QUOTING
from app.modules.drafts_module.settings import SAVE_DRAFT
from app.utils.module import Module

module = Module(
    name="drafts",
    description="Drafts: what a member has begun to write, on all of its devices",
    router=router,
    depends_on=("base", "accounts", "chats", "messages", "streams"),
    models=(Draft,),
    events=EVENTS,
    invariants=(*INVARIANTS, nothing_of_erased("draft.account_id")),
    contributes=(*EVENT_TEXTS, DRAFTS_OF_ACCOUNT, PURGE_QUOTING, SAVE_DRAFT),
)
