from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.adapters.base.bus import Bus
from app.adapters.db.database import BackgroundDatabase
from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.chats_module.extension import ChatPurge, nothing_of_deleted
from app.modules.push_module.api import router
from app.modules.push_module.db.cruds.sending import PURGE
from app.modules.push_module.db.models import PushKey, PushNotification, PushSubscription
from app.modules.push_module.errors import CONSTRAINT_ERRORS
from app.modules.push_module.schemas import EVENT_TEXTS, EVENTS, SETTINGS
from app.modules.push_module.services.checks import CONTACT
from app.modules.push_module.services.clearing import CLEAR
from app.modules.push_module.services.following import FOLLOW
from app.modules.push_module.services.planning import PLAN, PLANNING
from app.modules.push_module.services.sending import SEND, SENDING
from app.modules.push_module.services.subscriptions import ERASE_NOTIFICATIONS, ERASE_SUBSCRIPTIONS
from app.modules.push_module.services.tidying import TIDY, TIDY_HOURLY
from app.modules.push_module.services.use import PushUse
from app.modules.push_module.settings import CHANGE_PUSH_SUBSCRIPTIONS, PushSettings
from app.utils.background import Background
from app.utils.container import Container
from app.utils.module import Module


@asynccontextmanager
async def lifespan(container: Container) -> AsyncIterator[None]:
    bus = container.get(Bus)  # type: ignore[type-abstract]
    use = container.put(PushUse, PushUse(container.get(BackgroundDatabase), bus))
    container.get(Background).add(use.working)
    yield


module = Module(
    name="push",
    description="Web Push and UnifiedPush: notifications on subscribed devices",
    router=router,
    depends_on=("base", "accounts", "chats", "messages", "streams", "jobs", "mail", "notifications"),
    left_out_with=("chats", "messages", "mail", "notifications"),
    models=(PushKey, PushSubscription, PushNotification),
    events=EVENTS,
    settings=PushSettings,
    lifespan=lifespan,
    invariants=(
        nothing_of_deleted("push_notification"),
        nothing_of_erased("push_subscription.account_id", "push_notification.account_id"),
    ),
    constraint_errors=CONSTRAINT_ERRORS,
    contributes=(
        *EVENT_TEXTS,
        *SETTINGS,
        CONTACT,
        FOLLOW,
        PLAN,
        PLANNING,
        SEND,
        SENDING,
        CLEAR,
        TIDY,
        TIDY_HOURLY,
        ChatPurge.of_rows("push", PURGE),
        ERASE_SUBSCRIPTIONS,
        ERASE_NOTIFICATIONS,
        CHANGE_PUSH_SUBSCRIPTIONS,
    ),
)
