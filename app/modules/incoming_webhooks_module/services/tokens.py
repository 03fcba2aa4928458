"""Tokens of incoming webhooks: the id of the chat and 256 random bits, in base64url.

The id of the chat is in it because all lookups in tables of chats have one: rows may be distributed by it.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from secrets import token_bytes
from uuid import UUID

from app.modules.incoming_webhooks_module.services.words import Refusal, Word

_RANDOM_BYTES = 32
_CHAT_BYTES = 16
# Both together need no padding in base64.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{64}")


def new_token(chat_id: UUID) -> str:
    return urlsafe_b64encode(chat_id.bytes + token_bytes(_RANDOM_BYTES)).decode()


def chat_of(token: str) -> UUID:
    """Returns the chat that a token is for. Raises Refusal for what was never a token."""
    if not _TOKEN.fullmatch(token):
        raise Refusal(Word.INVALID_TOKEN)
    return UUID(bytes=urlsafe_b64decode(token)[:_CHAT_BYTES])
