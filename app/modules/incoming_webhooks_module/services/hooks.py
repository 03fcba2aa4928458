"""Creates, lists, renames and deletes incoming webhooks."""

from typing import Any
from uuid import UUID, uuid4

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import Identity
from app.modules.accounts_module.services.authenticator import check_scope
from app.modules.accounts_module.services.created_by_keys import without_ended
from app.modules.chats_module.extension import Permission
from app.modules.chats_module.services.access import lock_chat
from app.modules.incoming_webhooks_module import db
from app.modules.incoming_webhooks_module.errors import IncomingWebhookNotFound, TooManyIncomingWebhooks
from app.modules.incoming_webhooks_module.schemas import IncomingWebhookCreated, IncomingWebhookRead
from app.modules.incoming_webhooks_module.services.tokens import new_token
from app.modules.messages_module.services.permissions import POST
from app.modules.streams_module.services.log import Log, event, now
from app.services.context import Context
from app.settings.app_settings import AppSettings
from app.utils.container import Container
from app.utils.secrets import hash_of

MAX_HOOKS = 20
"""Maximum number of incoming webhooks of a chat."""

MANAGE = Permission(
    "incoming_webhooks.manage", {"direct": "member", "group": "admin", "channel": "admin"}, "webhooks:write"
)


async def create(
    work: UnitOfWork, container: Container, identity: Identity, chat_id: UUID, name: str
) -> IncomingWebhookCreated:
    """Creates a webhook of the chat, whose messages the account sends. An API key needs the right to send them.

    Raises ScopeMissing and TooManyIncomingWebhooks.
    """
    check_scope(identity, POST.scope)
    account_id, log, settings = identity.account_id, container.get(Log), container.get(AppSettings)
    await log.lock(work, chats=[chat_id])
    raw = await work.raw()
    membership = await MANAGE.check(raw, account_id, chat_id)
    if len(await _list(Context(raw, container, now()), chat_id)) >= MAX_HOOKS:
        raise TooManyIncomingWebhooks(f"A chat has at most {MAX_HOOKS} incoming webhooks")
    hook_id, token, at = uuid4(), new_token(chat_id), now()
    row = await db.insert(
        raw, chat_id, hook_id, account_id, name, hash_of(token), membership.joined_event_seq, identity.token_id, at
    )
    created = {"chat_id": chat_id, "id": hook_id, "name": name, "actor_id": account_id}
    await log.append(work, chat_id, event("incoming_webhook.created", created), at=at)
    url = f"{settings.public_url}{settings.prefix}/hooks/{token}"
    return IncomingWebhookCreated(**dict(row), chat_id=chat_id, url=url)


async def list_of_chat(context: Context, chat_id: UUID) -> list[IncomingWebhookRead]:
    """Returns the webhooks of a chat, the newest first."""
    return [_read(chat_id, row) for row in await _list(context, chat_id)]


async def _list(context: Context, chat_id: UUID) -> list[Any]:
    return await without_ended(context, await db.list_of_chat(context.connection, chat_id))


async def rename(
    work: UnitOfWork, container: Container, chat_id: UUID, account_id: UUID, hook_id: UUID, name: str | None
) -> IncomingWebhookRead:
    """Renames a webhook of the chat, of any creator. None keeps the name. Raises IncomingWebhookNotFound."""
    log = container.get(Log)
    raw = await lock_chat(work, log, MANAGE, chat_id, account_id)
    row = await db.find(raw, chat_id, hook_id)
    if row is None or not await without_ended(Context(raw, container, now()), [row]):
        raise IncomingWebhookNotFound
    if name is None or name == row["name"]:
        return _read(chat_id, row)
    row = await db.rename(raw, chat_id, hook_id, name)
    renamed = {"chat_id": chat_id, "id": hook_id, "name": name, "actor_id": account_id}
    await log.append(work, chat_id, event("incoming_webhook.updated", renamed))
    return _read(chat_id, row)


async def delete(work: UnitOfWork, log: Log, chat_id: UUID, account_id: UUID, hook_id: UUID) -> None:
    """Deletes a webhook of the chat. Its address ends at once. Raises IncomingWebhookNotFound."""
    raw = await lock_chat(work, log, MANAGE, chat_id, account_id)
    if not await db.delete(raw, chat_id, hook_id):
        raise IncomingWebhookNotFound
    await log.append(work, chat_id, deleted(chat_id, hook_id, account_id))


def deleted(chat_id: UUID, hook_id: UUID, actor_id: UUID | None) -> Any:
    """Returns the event of a webhook that has ended."""
    return event("incoming_webhook.deleted", {"chat_id": chat_id, "id": hook_id, "actor_id": actor_id})


def _read(chat_id: UUID, row: Any) -> IncomingWebhookRead:
    return IncomingWebhookRead(**dict(row), chat_id=chat_id)
