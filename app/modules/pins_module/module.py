from app.modules.messages_module.extension import only_of_messages
from app.modules.pins_module.api import make_router
from app.modules.pins_module.db import MessagePin
from app.modules.pins_module.schemas import EVENT_TEXTS, EVENTS
from app.modules.pins_module.services import PIN, PURGE, UNPIN_DELETED
from app.modules.pins_module.settings import CHANGE_PINS
from app.utils.module import Module

module = Module(
    name="pins",
    description="Pinned messages of chats",
    router=make_router,
    depends_on=("base", "accounts", "chats", "messages", "streams"),
    models=(MessagePin,),
    events=EVENTS,
    invariants=(only_of_messages("message_pin", says="are pinned", fix="unpins them"),),
    contributes=(*EVENT_TEXTS, PIN, PURGE, UNPIN_DELETED, CHANGE_PINS),
)
