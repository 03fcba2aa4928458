from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.adapters.db.database import BackgroundDatabase, Database
from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.accounts_module.services.sealing import Sealer
from app.modules.webhooks_module.api import router
from app.modules.webhooks_module.db.invariants import INVARIANTS
from app.modules.webhooks_module.db.models import Webhook, WebhookCursor, WebhookDelivery
from app.modules.webhooks_module.schemas import EVENT_TEXTS, EVENTS
from app.modules.webhooks_module.services.activity import Activity
from app.modules.webhooks_module.services.delivering import DELIVER
from app.modules.webhooks_module.services.erasing import NEW_OWNER, PURGE, WEBHOOKS_OF_ACCOUNT
from app.modules.webhooks_module.services.following import (
    CATCH_UP,
    DELETE_OLD,
    DELETE_OLD_HOURLY,
    FOLLOW,
    SWEEP,
    SWEEP_HOURLY,
    SWEEP_ONE,
)
from app.modules.webhooks_module.services.jobs import POSTING, SWEEPING
from app.modules.webhooks_module.services.secrets import Secrets
from app.modules.webhooks_module.settings import CHANGE_WEBHOOK, CREATE_WEBHOOK, TEST_WEBHOOK
from app.settings.auth_settings import AuthSettings
from app.utils.background import Background
from app.utils.container import Container
from app.utils.module import Module


@asynccontextmanager
async def lifespan(container: Container) -> AsyncIterator[None]:
    sealer = Sealer(container.get(AuthSettings), container.get(Database), b"secrets of webhooks")
    container.put(Secrets, Secrets(sealer))
    activity = container.put(Activity, Activity(container.get(BackgroundDatabase)))
    container.get(Background).add(activity.working)
    yield


module = Module(
    name="webhooks",
    description="Outgoing webhooks: events are posted to the servers of others",
    router=router,
    depends_on=("base", "accounts", "chats", "streams", "jobs"),
    left_out_with=("chats",),
    models=(Webhook, WebhookCursor, WebhookDelivery),
    lifespan=lifespan,
    events=EVENTS,
    invariants=(
        *INVARIANTS,
        nothing_of_erased("webhook.account_id", "webhook_cursor.account_id", "webhook_delivery.account_id"),
    ),
    contributes=(
        *EVENT_TEXTS,
        FOLLOW,
        DELIVER,
        POSTING,
        CATCH_UP,
        SWEEP,
        SWEEP_HOURLY,
        SWEEP_ONE,
        SWEEPING,
        DELETE_OLD,
        DELETE_OLD_HOURLY,
        WEBHOOKS_OF_ACCOUNT,
        NEW_OWNER,
        PURGE,
        CREATE_WEBHOOK,
        CHANGE_WEBHOOK,
        TEST_WEBHOOK,
    ),
)
