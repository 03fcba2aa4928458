"""Creates, lists, changes and deletes webhooks. An API key manages those that it has created, a session all."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from app.adapters.clients.http import EgressError, HttpClient
from app.adapters.db.connection import Connection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import Identity
from app.modules.accounts_module.services.created_by_keys import are_keys_known, without_ended
from app.modules.chats_module.services.access import get_membership
from app.modules.jobs_module.extension import Jobs
from app.modules.streams_module.services.log import Log, event, now
from app.modules.webhooks_module.db.cruds import coverage, cursors, webhooks
from app.modules.webhooks_module.errors import TooManyWebhooks, WebhookNotFound
from app.modules.webhooks_module.schemas import WebhookCreate, WebhookRead, WebhookUpdate, WebhookWithSecret
from app.modules.webhooks_module.services.activity import Activity
from app.modules.webhooks_module.services.ending import end
from app.modules.webhooks_module.services.following import catch_up_soon
from app.modules.webhooks_module.services.secrets import PREVIOUS_FOR, Secrets
from app.services.context import Context
from app.services.errors import ValidationFailed
from app.utils.container import Container
from app.utils.module import Modules

MAX_WEBHOOKS = 20
"""Maximum number of webhooks of an account, with those of its keys."""


async def create(
    work: UnitOfWork, container: Container, identity: Identity, request: WebhookCreate
) -> WebhookWithSecret:
    """Creates a webhook whose cursors are at the present heads. Raises TooManyWebhooks and what the checks raise."""
    account_id = identity.account_id
    await _check_url(container, request.url)
    _check_kinds(container, request.kinds)
    await container.get(Secrets).prepare()
    log, raw, at = container.get(Log), await work.raw(), now()
    # The lock makes concurrent requests count one after the other. No chat is joined or left meanwhile.
    await log.lock(work, accounts=[account_id])
    await _check_chats(raw, account_id, request.chat_ids)
    if await _count(work, container, account_id) >= MAX_WEBHOOKS:
        raise TooManyWebhooks(f"An account has at most {MAX_WEBHOOKS} webhooks")
    webhook_id = uuid4()
    secret, sealed = container.get(Secrets).make(webhook_id)
    scopes = None if identity.scopes is None else sorted(identity.scopes)
    row = await webhooks.insert(
        raw,
        account_id,
        webhook_id,
        request.url,
        request.kinds,
        request.chat_ids,
        request.description,
        identity.token_id,
        scopes,
        sealed,
        at,
    )
    await _append(work, container, account_id, webhook_id, "webhook.created")
    await _cover_from_now(raw, account_id, webhook_id, request.chat_ids)
    await _begin_posting(work, container, account_id, webhook_id)
    return WebhookWithSecret(**_view(row), secret=secret)


async def list_all(context: Context, identity: Identity) -> list[WebhookRead]:
    rows = await webhooks.list_of(context.connection, identity.account_id, identity.token_id)
    return [WebhookRead(**_view(row)) for row in await without_ended(context, rows)]


async def get(context: Context, identity: Identity, webhook_id: UUID) -> WebhookRead:
    """Raises WebhookNotFound."""
    return WebhookRead(**_view(await find(context, identity, webhook_id)))


async def find(context: Context, identity: Identity, webhook_id: UUID) -> Any:
    """Returns the row of a webhook that the caller manages. Raises WebhookNotFound."""
    row = await webhooks.find(context.connection, identity.account_id, identity.token_id, webhook_id)
    if row is None or not await without_ended(context, [row]):
        raise WebhookNotFound
    return row


async def find_locked(work: UnitOfWork, container: Container, identity: Identity, webhook_id: UUID) -> Any:
    """Like `find`, under the lock of the account's stream."""
    await container.get(Log).lock(work, accounts=[identity.account_id])
    return await find(Context(await work.raw(), container, now()), identity, webhook_id)


async def update(
    work: UnitOfWork, container: Container, identity: Identity, webhook_id: UUID, request: WebhookUpdate
) -> WebhookRead:
    """Changes the given fields. Raises WebhookNotFound and what the checks raise."""
    given = request.model_dump(include=request.model_fields_set)
    if "url" in given:
        await _check_url(container, request.url)
    if "kinds" in given:
        _check_kinds(container, request.kinds)
    before = await find_locked(work, container, identity, webhook_id)
    account_id, raw, at = identity.account_id, await work.raw(), now()
    values = {**dict(before), **given}
    if values["chat_ids"] != before["chat_ids"]:
        await _check_chats(raw, account_id, values["chat_ids"])
    if values["state"] != before["state"]:
        is_paused = values["state"] == "paused"
        values |= {"paused_reason": "owner" if is_paused else None, "paused_at": at if is_paused else None}
    if values == dict(before):
        return WebhookRead(**_view(before))
    row = await webhooks.update(raw, account_id, webhook_id, values, at)
    await _append(work, container, account_id, webhook_id, "webhook.changed")
    if values["chat_ids"] != before["chat_ids"]:
        await coverage.remove_unreadable(raw, account_id, webhook_id, values["chat_ids"])
        await _cover_from_now(raw, account_id, webhook_id, values["chat_ids"])
    if (values["state"], values["url"]) != (before["state"], before["url"]):
        # The next attempts are not delayed by those that have failed before.
        await cursors.reset(raw, account_id, webhook_id)
    if values["state"] == "active":
        await _begin_posting(work, container, account_id, webhook_id)
    return WebhookRead(**_view(row))


async def delete(work: UnitOfWork, container: Container, identity: Identity, webhook_id: UUID) -> None:
    """Raises WebhookNotFound."""
    await find_locked(work, container, identity, webhook_id)
    await end(work, container, identity.account_id, webhook_id)


async def rotate_secret(
    work: UnitOfWork, container: Container, identity: Identity, webhook_id: UUID
) -> WebhookWithSecret:
    """Replaces the secret. The previous one signs for another day. Raises WebhookNotFound."""
    secrets, at = container.get(Secrets), now()
    await secrets.prepare()
    await find_locked(work, container, identity, webhook_id)
    secret, sealed = secrets.make(webhook_id)
    row = await webhooks.rotate(await work.raw(), identity.account_id, webhook_id, sealed, at + PREVIOUS_FOR, at)
    await _append(work, container, identity.account_id, webhook_id, "webhook.changed")
    return WebhookWithSecret(**_view(row), secret=secret)


async def _count(work: UnitOfWork, container: Container, account_id: UUID) -> int:
    """Returns the number of webhooks of an account. Deletes those whose API key has ended."""
    context = Context(await work.raw(), container, now())
    rows = await webhooks.list_of(context.connection, account_id, None)
    if not are_keys_known(container):
        return len(rows)
    valid = await without_ended(context, rows)
    for ended in {row["id"] for row in rows} - {row["id"] for row in valid}:
        await end(work, container, account_id, ended)
    return len(valid)


async def _cover_from_now(raw: Connection, account_id: UUID, webhook_id: UUID, chat_ids: Sequence[UUID] | None) -> None:
    if chat_ids is None:
        await coverage.add_own(raw, account_id, webhook_id)
    await coverage.add(raw, account_id, webhook_id, chat_ids, at_heads=True)


async def _begin_posting(work: UnitOfWork, container: Container, account_id: UUID, webhook_id: UUID) -> None:
    await catch_up_soon(work, container.get(Jobs), account_id, webhook_id)
    work.after_commit(container.get(Activity).note_use)


async def _append(work: UnitOfWork, container: Container, account_id: UUID, webhook_id: UUID, kind: str) -> None:
    await container.get(Log).append(work, account_id, event(kind, {"webhook_id": str(webhook_id)}))


async def _check_url(container: Container, url: str) -> None:
    """Raises ValidationFailed. No transaction may be open: names may be looked up."""
    try:
        await container.get(HttpClient).check(url)
    except EgressError as error:
        text = error.text
        if url.lower().startswith("http:"):
            text = f"{text}; without TLS it must be inside EGRESS_ALLOW_NETWORKS"
        raise ValidationFailed(("body", "url"), text) from None


def _check_kinds(container: Container, kinds: Sequence[str] | None) -> None:
    """Raises ValidationFailed for a kind that no module writes."""
    known = container.get(Modules).events
    groups = {f"{kind.partition('.')[0]}.*" for kind in known}
    for place, kind in enumerate(kinds or ()):
        if kind not in known and kind not in groups:
            raise ValidationFailed(("body", "kinds", place), "there is no such kind of event")


async def _check_chats(raw: Connection, account_id: UUID, chat_ids: Sequence[UUID] | None) -> None:
    """Raises ChatNotFound unless the account is a member of all of them."""
    for chat_id in chat_ids or ():
        await get_membership(raw, chat_id, account_id)


def _view(row: Any) -> dict[str, Any]:
    values = dict(row)
    return {**values, "key_id": values.pop("token_id")}
