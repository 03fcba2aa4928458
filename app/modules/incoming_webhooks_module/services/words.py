"""The words with which Slack's incoming webhooks refuse a message. Programs that post to Slack know them."""

from enum import StrEnum

from app.modules.chats_module.errors import ChatNotFound
from app.modules.incoming_webhooks_module.errors import IncomingWebhookNotFound
from app.modules.messages_module.errors import IdempotencyMismatch
from app.services.errors import Category, ServiceError


class Word(StrEnum):
    """The whole answer. Slack has no words for the last four."""

    INVALID_PAYLOAD = "invalid_payload"
    NO_TEXT = "no_text"
    INVALID_BLOCKS = "invalid_blocks"
    TOO_MANY_ATTACHMENTS = "too_many_attachments"
    INVALID_TOKEN = "invalid_token"  # noqa: S105 - a word of Slack
    ACTION_PROHIBITED = "action_prohibited"
    NO_SERVICE = "no_service"
    CHANNEL_NOT_FOUND = "channel_not_found"
    RATE_LIMITED = "rate_limited"
    SERVICE_UNAVAILABLE = "service_unavailable"
    INVALID_IDEMPOTENCY_KEY = "invalid_idempotency_key"
    IDEMPOTENCY_MISMATCH = "idempotency_mismatch"
    PAYLOAD_TOO_LARGE = "payload_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"


class Refusal(Exception):
    """A request that is refused with this word."""

    def __init__(self, word: Word) -> None:
        super().__init__(word)
        self.word = word


_OF_CLASS: tuple[tuple[type[ServiceError], Word], ...] = (
    (IncomingWebhookNotFound, Word.NO_SERVICE),
    (ChatNotFound, Word.CHANNEL_NOT_FOUND),
    (IdempotencyMismatch, Word.IDEMPOTENCY_MISMATCH),
)
_OF_CATEGORY = {
    Category.FORBIDDEN: Word.ACTION_PROHIBITED,
    Category.RATE_LIMITED: Word.RATE_LIMITED,
    Category.UNAVAILABLE: Word.SERVICE_UNAVAILABLE,
}


def word_of(error: ServiceError) -> Word:
    """Returns the word for what a send has raised. What a module refuses about the content is an invalid payload."""
    found = next((word for kind, word in _OF_CLASS if isinstance(error, kind)), None)
    return found or _OF_CATEGORY.get(error.category, Word.INVALID_PAYLOAD)
