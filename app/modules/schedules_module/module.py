from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.chats_module.extension import nothing_of_deleted
from app.modules.schedules_module.api import make_router
from app.modules.schedules_module.db import HAS_NO_EVENT, INVARIANTS, ScheduledMessage
from app.modules.schedules_module.schemas import EVENT_TEXTS, EVENTS
from app.modules.schedules_module.services.ending import LEAVE, PURGE, SCHEDULES_OF_ACCOUNT
from app.modules.schedules_module.services.scheduling import UNSENT
from app.modules.schedules_module.services.sending import SEND, SENDING
from app.modules.schedules_module.settings import SCHEDULE, ScheduleSettings
from app.utils.module import Module

module = Module(
    name="schedules",
    description="Scheduled messages",
    router=make_router,
    depends_on=("base", "accounts", "chats", "messages", "streams", "jobs"),
    models=(ScheduledMessage,),
    events=EVENTS,
    settings=ScheduleSettings,
    invariants=(
        *INVARIANTS,
        nothing_of_deleted("scheduled_message", only=HAS_NO_EVENT),
        nothing_of_erased("scheduled_message.account_id"),
    ),
    contributes=(*EVENT_TEXTS, SEND, SENDING, LEAVE, PURGE, SCHEDULES_OF_ACCOUNT, UNSENT, SCHEDULE),
)
