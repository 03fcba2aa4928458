from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.keys_module.api import router
from app.modules.keys_module.db import ApiKey
from app.modules.keys_module.schemas import EVENT_TEXTS, EVENTS
from app.modules.keys_module.services import CLEANUP, CLEANUP_SCHEDULE, ERASE_KEYS, KEYS, SCHEME
from app.modules.keys_module.settings import API_KEY, CREATE_KEY
from app.utils.module import Module

module = Module(
    name="keys",
    description="API keys: tokens of an account for programs, limited to scopes",
    router=router,
    depends_on=("base", "accounts", "streams", "jobs"),
    models=(ApiKey,),
    events=EVENTS,
    invariants=(nothing_of_erased("api_key.account_id", "api_key.owner_id"),),
    contributes=(*EVENT_TEXTS, KEYS, SCHEME, ERASE_KEYS, CLEANUP, CLEANUP_SCHEDULE, API_KEY, CREATE_KEY),
)
