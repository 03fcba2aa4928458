from fastapi import APIRouter, status

from app.dependencies.dependency_db import Db, Work
from app.dependencies.scopes import scoped
from app.dependencies.services_dependency import ContainerDep, LimitsDep
from app.modules.accounts_module.dependencies import CurrentIdentity
from app.modules.base_module.schemas import Cursor, Limit, Page, refuses
from app.modules.chats_module.errors import ChatNotFound
from app.modules.streams_module.services.log import now
from app.modules.webhooks_module.errors import (
    SecretLost,
    TooManyWebhooks,
    WebhookCursorNotFound,
    WebhookNotFound,
)
from app.modules.webhooks_module.schemas import (
    CursorRead,
    CursorReplace,
    DeliveryRead,
    StreamId,
    WebhookCreate,
    WebhookId,
    WebhookRead,
    WebhookTested,
    WebhookUpdate,
    WebhookWithSecret,
)
from app.modules.webhooks_module.services import managing, operating
from app.modules.webhooks_module.settings import CHANGE_WEBHOOK, CREATE_WEBHOOK, TEST_WEBHOOK
from app.resources.constants import DEFAULT_PAGE
from app.services.context import Context

router = APIRouter(prefix="/webhooks")


@router.post("", status_code=status.HTTP_201_CREATED, openapi_extra=refuses(TooManyWebhooks, ChatNotFound))
@scoped("webhooks:write")
async def create(
    body: WebhookCreate, identity: CurrentIdentity, limits: LimitsDep, work: Work, container: ContainerDep
) -> WebhookWithSecret:
    """Creates a webhook: the caller's events are posted to its URL, from now on. The secret is in this answer only."""
    limits.hit(CREATE_WEBHOOK, identity.account_id.int)
    return await managing.create(work, container, identity, body)


@router.get("")
@scoped("webhooks:write")
async def list_mine(identity: CurrentIdentity, database: Db, container: ContainerDep) -> Page[WebhookRead]:
    """Lists all webhooks of the caller, the newest first. An API key sees those that it has created."""
    async with database.connection() as connection:
        items = await managing.list_all(Context(connection, container, now()), identity)
    return Page(items=items)


@router.get("/{webhook_id}", openapi_extra=refuses(WebhookNotFound))
@scoped("webhooks:write")
async def read(webhook_id: WebhookId, identity: CurrentIdentity, database: Db, container: ContainerDep) -> WebhookRead:
    """Returns one of the caller's webhooks."""
    async with database.connection() as connection:
        return await managing.get(Context(connection, container, now()), identity, webhook_id)


@router.patch("/{webhook_id}", openapi_extra=refuses(WebhookNotFound, ChatNotFound))
@scoped("webhooks:write")
async def change(
    webhook_id: WebhookId,
    body: WebhookUpdate,
    identity: CurrentIdentity,
    limits: LimitsDep,
    work: Work,
    container: ContainerDep,
) -> WebhookRead:
    """Changes the given fields of one of the caller's webhooks, pauses it or resumes it."""
    limits.hit(CHANGE_WEBHOOK, identity.account_id.int)
    return await managing.update(work, container, identity, webhook_id, body)


@router.delete("/{webhook_id}", status_code=status.HTTP_204_NO_CONTENT, openapi_extra=refuses(WebhookNotFound))
@scoped("webhooks:write")
async def delete(
    webhook_id: WebhookId, identity: CurrentIdentity, limits: LimitsDep, work: Work, container: ContainerDep
) -> None:
    """Deletes one of the caller's webhooks. Nothing is posted to it any more."""
    limits.hit(CHANGE_WEBHOOK, identity.account_id.int)
    await managing.delete(work, container, identity, webhook_id)


@router.post("/{webhook_id}/rotate-secret", openapi_extra=refuses(WebhookNotFound))
@scoped("webhooks:write")
async def rotate_secret(
    webhook_id: WebhookId, identity: CurrentIdentity, limits: LimitsDep, work: Work, container: ContainerDep
) -> WebhookWithSecret:
    """Gives a webhook a new secret, which is in this answer only. For 24 hours the previous one signs, too."""
    limits.hit(CHANGE_WEBHOOK, identity.account_id.int)
    return await managing.rotate_secret(work, container, identity, webhook_id)


@router.post("/{webhook_id}/test", openapi_extra=refuses(WebhookNotFound, SecretLost))
@scoped("webhooks:write")
async def post_test(
    webhook_id: WebhookId, identity: CurrentIdentity, limits: LimitsDep, container: ContainerDep
) -> WebhookTested:
    """Posts an event `webhook.test` to a webhook, also to a paused one, and returns what the receiver said."""
    limits.hit(TEST_WEBHOOK, identity.account_id.int)
    return await operating.post_test(container, identity, webhook_id)


@router.get("/{webhook_id}/deliveries", openapi_extra=refuses(WebhookNotFound))
@scoped("webhooks:write")
async def list_deliveries(
    webhook_id: WebhookId,
    identity: CurrentIdentity,
    database: Db,
    container: ContainerDep,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_PAGE,
) -> Page[DeliveryRead]:
    """Lists the newest attempts to post events to a webhook, the newest first: about 200, of the last 7 days."""
    async with database.connection() as connection:
        context = Context(connection, container, now())
        return await operating.list_deliveries(context, identity, webhook_id, cursor, limit)


@router.get("/{webhook_id}/cursors", openapi_extra=refuses(WebhookNotFound))
@scoped("webhooks:write")
async def list_cursors(
    webhook_id: WebhookId,
    identity: CurrentIdentity,
    database: Db,
    container: ContainerDep,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_PAGE,
) -> Page[CursorRead]:
    """Lists how far a webhook is in each of its streams."""
    async with database.connection() as connection:
        context = Context(connection, container, now())
        return await operating.list_cursors(context, identity, webhook_id, cursor, limit)


@router.put("/{webhook_id}/cursors/{stream_id}", openapi_extra=refuses(WebhookNotFound, WebhookCursorNotFound))
@scoped("webhooks:write")
async def replace_cursor(
    webhook_id: WebhookId,
    stream_id: StreamId,
    body: CursorReplace,
    identity: CurrentIdentity,
    limits: LimitsDep,
    work: Work,
    container: ContainerDep,
) -> CursorRead:
    """Moves a webhook in one of its streams: back to replay events, forward to skip them."""
    limits.hit(CHANGE_WEBHOOK, identity.account_id.int)
    return await operating.replace_cursor(work, container, identity, webhook_id, stream_id, body.seq)
