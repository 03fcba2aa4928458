"""The answers of `POST /hooks/{token}`, and the body that it takes, for the OpenAPI document."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from app.modules.base_module.schemas import refuses
from app.modules.incoming_webhooks_module.services.words import Word
from app.services.errors import RateLimited, Unavailable

STATUSES: Mapping[Word, int] = {
    Word.INVALID_PAYLOAD: 400,
    Word.NO_TEXT: 400,
    Word.INVALID_BLOCKS: 400,
    Word.TOO_MANY_ATTACHMENTS: 400,
    Word.INVALID_IDEMPOTENCY_KEY: 400,
    Word.INVALID_TOKEN: 403,
    Word.ACTION_PROHIBITED: 403,
    Word.NO_SERVICE: 404,
    Word.CHANNEL_NOT_FOUND: 404,
    Word.PAYLOAD_TOO_LARGE: 413,
    Word.UNSUPPORTED_MEDIA_TYPE: 415,
    Word.IDEMPOTENCY_MISMATCH: 422,
    Word.RATE_LIMITED: 429,
    Word.SERVICE_UNAVAILABLE: 503,
}
_PAYLOAD: dict[str, Any] = {
    "type": "object",
    "properties": {
        "text": {"type": "string", "description": "with Slack's markup (mrkdwn)"},
        "username": {"type": "string", "description": "name to show in place of the webhook's"},
        "blocks": {"type": "array", "items": {"type": "object"}, "maxItems": 50},
        "attachments": {"type": "array", "items": {"type": "object"}, "maxItems": 100},
    },
    "additionalProperties": True,
    "example": {"text": "Сборка *прошла*: <https://ci.example.com/7|№ 7>"},
}


def _answers() -> dict[int | str, dict[str, Any]]:
    words: dict[int, list[Word]] = defaultdict(list)
    for word, code in STATUSES.items():
        words[code].append(word)
    answers: dict[int | str, dict[str, Any]] = {
        code: {
            "description": ", ".join(f"`{word}`" for word in found),
            "content": {"text/plain": {"schema": {"type": "string", "enum": [str(word) for word in found]}}},
        }
        for code, found in words.items()
    }
    return answers | {200: {"content": {"text/plain": {"schema": {"type": "string", "const": "ok"}}}}}


ANSWERS = _answers()
# A limit of the network, and an unavailable database, are answered as everywhere.
OPERATION: dict[str, Any] = {
    **refuses(RateLimited, Unavailable),
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _PAYLOAD},
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "payload": {
                            "type": "string",
                            "description": "the same as JSON",
                            "examples": ['{"text": "Готово"}'],
                        }
                    },
                    "required": ["payload"],
                }
            },
        },
    },
}
