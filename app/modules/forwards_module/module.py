from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.forwards_module.api import make_router
from app.modules.forwards_module.db import MessageForward
from app.modules.forwards_module.services.erasure import NAMES_OF_ACCOUNT
from app.modules.forwards_module.services.part import FORWARDED_FROM, PURGE
from app.modules.messages_module.extension import only_of_messages
from app.utils.module import Module

module = Module(
    name="forwards",
    description="Messages forwarded from one chat to another",
    router=make_router,
    depends_on=("base", "accounts", "chats", "messages", "streams"),
    models=(MessageForward,),
    invariants=(
        only_of_messages("message_forward", says="are forwards", fix="forgets their origin"),
        nothing_of_erased("message_forward.author_id"),
    ),
    contributes=(FORWARDED_FROM, PURGE, NAMES_OF_ACCOUNT),
)
