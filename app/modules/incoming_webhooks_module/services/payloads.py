"""Reads the body of a post: Slack's payload as JSON, or as the field `payload` of a form."""

from typing import Any, NamedTuple
from urllib.parse import parse_qs

import orjson

from app.modules.incoming_webhooks_module.schemas import MAX_NAME
from app.modules.incoming_webhooks_module.services.layout import join, text_of, write_attachments, write_blocks
from app.modules.incoming_webhooks_module.services.mrkdwn import Style
from app.modules.incoming_webhooks_module.services.words import Refusal, Word
from app.modules.messages_module.schemas.message import MAX_TEXT
from app.utils.texts import as_line, is_seen

_MAX_BLOCKS = 50
_MAX_ATTACHMENTS = 100
_MAX_FIELDS = 50
_FORM = "application/x-www-form-urlencoded"
_CUT = "\u2026"


class Post(NamedTuple):
    """What a program posts. `digest_source` is the same for the same payload, however it is written."""

    text: str
    username: str | None
    digest_source: bytes


def read_post(body: bytes, content_type: str, style: Style) -> Post:
    """Returns the message that a body describes. Raises Refusal.

    `icon_emoji`, `channel` and other fields that have no meaning here are ignored. Text beyond the largest message is
    cut: the program that posts it cannot shorten it.
    """
    payload = _read_payload(body, content_type)
    text = _write(payload, style).strip()
    if not is_seen(text):
        raise Refusal(Word.NO_TEXT)
    username = as_line(text_of(payload.get("username"))).strip()[:MAX_NAME].strip()
    return Post(
        text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1].rstrip() + _CUT,
        username if is_seen(username) else None,
        _digest_source(payload),
    )


def _digest_source(payload: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        # The library reads values that are nested more deeply than it can write.
        raise Refusal(Word.INVALID_PAYLOAD) from None


def _read_payload(body: bytes, content_type: str) -> dict[str, Any]:
    try:
        # curl declares a form whatever it sends.
        if content_type.partition(";")[0].strip().lower() == _FORM and not body.lstrip().startswith(b"{"):
            fields = parse_qs(body.decode(), errors="strict", max_num_fields=_MAX_FIELDS)
            (text,) = fields.get("payload", [""])
            payload = orjson.loads(text)
        else:
            payload = orjson.loads(body)
    except ValueError:
        raise Refusal(Word.INVALID_PAYLOAD) from None
    if not isinstance(payload, dict):
        raise Refusal(Word.INVALID_PAYLOAD)
    return payload


def _write(payload: dict[str, Any], style: Style) -> str:
    """Returns the whole text. With blocks, Slack shows the field `text` in notifications only."""
    blocks, attachments, text = payload.get("blocks"), payload.get("attachments"), payload.get("text")
    if not isinstance(text, str | int | float | None) or not isinstance(attachments, list | None):
        raise Refusal(Word.INVALID_PAYLOAD)
    if not isinstance(blocks, list | None) or len(blocks or ()) > _MAX_BLOCKS:
        raise Refusal(Word.INVALID_BLOCKS)
    if len(attachments or ()) > _MAX_ATTACHMENTS:
        raise Refusal(Word.TOO_MANY_ATTACHMENTS)
    shown = write_blocks(blocks or [], style)
    if not shown:
        plain = text_of(text).strip()
        shown = style.from_plain(plain) if payload.get("mrkdwn") is False else style.from_mrkdwn(plain)
    return style.end_quotes(join("\n\n", (shown, write_attachments(attachments or [], style))))
