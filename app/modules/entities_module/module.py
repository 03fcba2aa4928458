from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.chats_module.extension import nothing_of_deleted
from app.modules.entities_module.api import make_router
from app.modules.entities_module.db import INVARIANTS, MessageMention
from app.modules.entities_module.services.parts import (
    ENTITIES,
    MENTION_ALL,
    MENTIONED,
    MENTIONS_OF_ACCOUNT,
    PURGE,
    TEXT_FORMAT,
    UNREAD_MENTION_COUNT,
)
from app.modules.entities_module.settings import LIST_MENTIONS
from app.utils.module import Module

module = Module(
    name="entities",
    description="Entities of texts: formatting, links, mentions, commands",
    router=make_router,
    depends_on=("base", "accounts", "chats", "messages"),
    models=(MessageMention,),
    invariants=(*INVARIANTS, nothing_of_deleted("message_mention"), nothing_of_erased("message_mention.account_id")),
    contributes=(
        TEXT_FORMAT,
        ENTITIES,
        UNREAD_MENTION_COUNT,
        MENTION_ALL,
        MENTIONED,
        PURGE,
        MENTIONS_OF_ACCOUNT,
        LIST_MENTIONS,
    ),
)
