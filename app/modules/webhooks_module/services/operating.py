"""Shows what a webhook has posted, moves its cursors, and posts a test event."""

from uuid import UUID, uuid4

from app.adapters.clients.http import HttpClient
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import Identity
from app.modules.base_module.schemas import Moment, Page, Position
from app.modules.base_module.services.cursors import decode_cursor, encode_cursor
from app.modules.jobs_module.extension import Jobs
from app.modules.streams_module.extension import Event
from app.modules.streams_module.services.log import now
from app.modules.webhooks_module.db.cruds import cursors, deliveries, webhooks
from app.modules.webhooks_module.errors import WebhookCursorNotFound, WebhookNotFound
from app.modules.webhooks_module.schemas import CursorRead, DeliveryRead, WebhookTested
from app.modules.webhooks_module.services.delivering import wake
from app.modules.webhooks_module.services.jobs import ToPost
from app.modules.webhooks_module.services.managing import find, find_locked
from app.modules.webhooks_module.services.posting import body_of, post
from app.modules.webhooks_module.services.rights import find_readable, may_read_events
from app.modules.webhooks_module.services.secrets import Secrets
from app.services.context import Context
from app.services.errors import ValidationFailed
from app.utils.container import Container

_TEST = "webhook.test"


async def list_deliveries(
    context: Context, identity: Identity, webhook_id: UUID, cursor: str | None, limit: int
) -> Page[DeliveryRead]:
    """Returns the newest attempts. Raises WebhookNotFound."""
    await find(context, identity, webhook_id)
    before = decode_cursor(cursor, tuple[Moment, UUID, Position], of="deliveries") if cursor else None
    rows = await deliveries.list_page(context.connection, identity.account_id, webhook_id, before, limit + 1)
    items = [DeliveryRead(**dict(row)) for row in rows[:limit]]
    last = items[-1] if len(rows) > limit else None
    next_cursor = encode_cursor(last.at, last.stream_id, last.seq, of="deliveries") if last is not None else None
    return Page(items=items, next_cursor=next_cursor)


async def list_cursors(
    context: Context, identity: Identity, webhook_id: UUID, cursor: str | None, limit: int
) -> Page[CursorRead]:
    """Returns the cursors in the order of their streams, none to a key that may not read events.

    Raises WebhookNotFound.
    """
    await find(context, identity, webhook_id)
    (after,) = decode_cursor(cursor, tuple[UUID], of="webhook_cursors") if cursor else (UUID(int=0),)
    if not may_read_events(identity.scopes):
        return Page(items=[], next_cursor=None)
    rows = await cursors.list_page(context.connection, identity.account_id, webhook_id, after, limit + 1)
    items = [CursorRead(**dict(row)) for row in rows[:limit]]
    next_cursor = encode_cursor(items[-1].stream_id, of="webhook_cursors") if len(rows) > limit else None
    return Page(items=items, next_cursor=next_cursor)


async def replace_cursor(
    work: UnitOfWork, container: Container, identity: Identity, webhook_id: UUID, stream_id: UUID, seq: int
) -> CursorRead:
    """Replays events, or skips them. Raises WebhookNotFound, WebhookCursorNotFound or ValidationFailed."""
    await find_locked(work, container, identity, webhook_id)
    context = Context(await work.raw(), container, now())
    webhook = await webhooks.hold_state(context.connection, identity.account_id, webhook_id)
    if webhook is None:
        raise WebhookNotFound
    readable = await find_readable(context, webhook, stream_id)
    if readable is None or not may_read_events(identity.scopes):
        raise WebhookCursorNotFound
    lowest = max(readable.lowest, readable.first_seq - 1)
    if not lowest <= seq <= readable.last_seq:
        raise ValidationFailed(("body", "seq"), f"must be from {lowest} to {readable.last_seq}")
    row = await cursors.replace(context.connection, stream_id, webhook_id, seq)
    if row is None:
        raise WebhookCursorNotFound
    if webhook["state"] == "active":
        to_post = ToPost(account_id=identity.account_id, webhook_id=webhook_id, stream_id=stream_id)
        await wake(work, container.get(Jobs), to_post)
    return CursorRead(**dict(row), last_seq=readable.last_seq)


async def post_test(container: Container, identity: Identity, webhook_id: UUID) -> WebhookTested:
    """Posts a test event. Raises WebhookNotFound or SecretLost. No connection is held meanwhile."""
    secrets = container.get(Secrets)
    await secrets.prepare()
    async with container.get(Database).connection() as connection:
        await find(Context(connection, container, now()), identity, webhook_id)
        webhook = await webhooks.find_whole(connection, identity.account_id, webhook_id)
    if webhook is None:
        raise WebhookNotFound
    event = Event(identity.account_id, 0, _TEST, {"webhook_id": str(webhook_id)}, now())
    message_id = f"{webhook_id}_test_{uuid4()}"
    answer = await post(container.get(HttpClient), secrets, webhook, message_id, body_of(event))
    return WebhookTested(status=answer.status, error=answer.error, duration_ms=answer.duration_ms)
