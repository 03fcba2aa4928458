from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.chats_module.extension import nothing_of_deleted
from app.modules.threads_module.api import make_router
from app.modules.threads_module.db.invariants import INVARIANTS
from app.modules.threads_module.db.models import Thread, ThreadParticipant, ThreadPosition, ThreadReply
from app.modules.threads_module.schemas import EVENT_TEXTS, EVENTS
from app.modules.threads_module.services.part import POSITIONS_OF_ACCOUNT, PURGE, ROOT_SEQ, THREAD
from app.modules.threads_module.settings import CHANGE_THREADS, LIST_THREADS
from app.utils.module import Module

module = Module(
    name="threads",
    description="Replies to one message as a thread, with read positions of its own",
    router=make_router,
    depends_on=("base", "accounts", "chats", "messages", "streams"),
    models=(Thread, ThreadReply, ThreadParticipant, ThreadPosition),
    events=EVENTS,
    invariants=(
        *INVARIANTS,
        nothing_of_deleted("thread", "thread_reply", "thread_participant"),
        nothing_of_erased("thread_position.account_id"),
    ),
    contributes=(*EVENT_TEXTS, ROOT_SEQ, THREAD, PURGE, POSITIONS_OF_ACCOUNT, CHANGE_THREADS, LIST_THREADS),
)
