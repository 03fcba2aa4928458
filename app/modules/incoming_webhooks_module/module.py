from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.chats_module.extension import nothing_of_deleted
from app.modules.incoming_webhooks_module.api.router import make_router
from app.modules.incoming_webhooks_module.db import IncomingWebhook
from app.modules.incoming_webhooks_module.schemas import EVENT_TEXTS, EVENTS
from app.modules.incoming_webhooks_module.services.ending import (
    END_EARLIER,
    END_OF_KEYS,
    END_OF_KEYS_HOURLY,
    HOOKS_OF_ACCOUNT,
    LEAVE,
    NEW_OWNER,
    PURGE,
)
from app.modules.incoming_webhooks_module.services.hooks import MANAGE
from app.modules.incoming_webhooks_module.services.part import VIA_HOOK
from app.modules.incoming_webhooks_module.services.posting import CORS
from app.modules.incoming_webhooks_module.settings import CHANGE_HOOKS, POST_BY_HOOK, POST_BY_HOOKS_OF_CHAT
from app.utils.module import Module

module = Module(
    name="incoming_webhooks",
    description="Incoming webhooks: addresses at which programs post messages to a chat",
    router=make_router,
    depends_on=("base", "accounts", "chats", "messages", "streams", "jobs"),
    left_out_with=("chats", "messages"),
    models=(IncomingWebhook,),
    events=EVENTS,
    invariants=(nothing_of_deleted("incoming_webhook"), nothing_of_erased("incoming_webhook.account_id")),
    contributes=(
        *EVENT_TEXTS,
        MANAGE,
        VIA_HOOK,
        CORS,
        LEAVE,
        PURGE,
        HOOKS_OF_ACCOUNT,
        END_EARLIER,
        END_OF_KEYS,
        END_OF_KEYS_HOURLY,
        NEW_OWNER,
        CHANGE_HOOKS,
        POST_BY_HOOK,
        POST_BY_HOOKS_OF_CHAT,
    ),
)
