"""Posts a message through an incoming webhook, in the name of the account that has created it."""

from typing import NamedTuple
from uuid import UUID, uuid5

from app.adapters.db.database import Database
from app.modules.incoming_webhooks_module import db
from app.modules.incoming_webhooks_module.services.mrkdwn import Style
from app.modules.incoming_webhooks_module.services.part import VIA_HOOK, Posting
from app.modules.incoming_webhooks_module.services.payloads import read_post
from app.modules.incoming_webhooks_module.services.tokens import chat_of
from app.modules.incoming_webhooks_module.services.words import Refusal, Word
from app.modules.incoming_webhooks_module.settings import POST_BY_HOOK, POST_BY_HOOKS_OF_CHAT
from app.modules.messages_module.extension import Messages
from app.modules.messages_module.schemas import MessageCreate
from app.services.http_requests import CorsHeaders
from app.services.rate_limits import RateLimits
from app.utils.secrets import hash_of

_FORMAT = "text_format"
"""The field by which a message says that it is Markdown, if the server has it."""
_MAX_KEY = 255
CORS = CorsHeaders(sent=("Idempotency-Key",))


class Hook(NamedTuple):
    """A webhook whose token is known."""

    chat_id: UUID
    id: UUID
    account_id: UUID


async def find_hook(database: Database, token: str) -> Hook:
    """Returns the webhook of a token. Raises Refusal."""
    chat_id = chat_of(token)
    async with database.connection() as connection:
        row = await db.find_by_token(connection, chat_id, hash_of(token))
    if row is None:
        raise Refusal(Word.NO_SERVICE)
    return Hook(chat_id, row["id"], row["account_id"])


def count_post(limits: RateLimits, hook: Hook) -> None:
    """Counts a post. Raises RateLimited."""
    limits.hit(POST_BY_HOOK, hook.id.int)
    limits.hit(POST_BY_HOOKS_OF_CHAT, hook.chat_id.int)


def id_of_key(hook: Hook, key: str) -> UUID | None:
    """Returns the `client_msg_id` for an Idempotency-Key, None without one. Raises Refusal."""
    key = key.strip()
    if len(key) > _MAX_KEY or not (key.isascii() and key.isprintable()):
        raise Refusal(Word.INVALID_IDEMPOTENCY_KEY)
    return uuid5(hook.id, key) if key else None


async def post(
    messages: Messages,
    create: type[MessageCreate],
    hook: Hook,
    body: bytes,
    content_type: str,
    client_msg_id: UUID | None,
) -> None:
    """Posts what a body describes. Returns after the message is stored. Raises Refusal, or what a send raises.

    `create` is the application's model of sends.
    """
    style = Style(is_markdown=_FORMAT in create.model_fields)
    found = read_post(body, content_type, style)
    fields = {_FORMAT: "markdown"} if style.is_markdown else {}
    request = create.model_validate({"client_msg_id": client_msg_id, "text": found.text, **fields})
    await messages.post(
        hook.chat_id,
        hook.account_id,
        request,
        server_parts={VIA_HOOK.name: Posting(hook.id, found.username)},
        digest_source=b"incoming webhook\0" + found.digest_source,
    )
