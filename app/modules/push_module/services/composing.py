"""The payload of a notification: JSON of limited size."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import orjson

from app.modules.messages_module.services.lines import Line
from app.modules.push_module.schemas import Preview
from app.utils.texts import as_line

MAX_BYTES = 3_993
"""What fits into 4,096 bytes, which each push service accepts, beside the header and the tag of the encryption."""
_MAX_TITLE = 120
_MAX_BODY = 1_000
_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_SELECTORS = range(0xFE00, 0xFE10)
_MARKS = range(0x300, 0x370)
_NEW_MESSAGE = {"en": "New message", "ru": "Новое сообщение"}
"""What is shown where the text of the message is not shown, or there is none."""
_DELETED_ACCOUNT = {"en": "Deleted account", "ru": "Удалённый аккаунт"}

Kind = Literal["message", "clear"]


@dataclass(frozen=True, slots=True)
class Notification:
    """What a device is to show, or to clear."""

    kind: Kind
    chat_id: UUID
    seq: int
    title: str
    body: str
    badge: int

    def as_json(self, most: int = MAX_BYTES) -> bytes:
        """Returns at most so many bytes, with as much of the body, and then of the title, as fits."""
        title, body = self.title, self.body
        while len(data := self._dump(title, body)) > most and (title or body):
            if body:
                body = _shorten(body, len(data) - most)
            else:
                title = _shorten(title, len(data) - most)
        return data

    def _dump(self, title: str, body: str) -> bytes:
        data: dict[str, Any] = {
            "v": 1,
            "kind": self.kind,
            "chat_id": str(self.chat_id),
            "seq": self.seq,
            "title": title,
            "body": body,
            "badge": self.badge,
            "tag": f"chat-{self.chat_id}",
        }
        return orjson.dumps(data)


def show(row: Any, line: Line, *, badge: int, preview: Preview, language: Literal["en", "ru"]) -> Notification:
    """Returns the notification of a message. `row` has the message, its chat and the name of its sender."""
    new_message = _NEW_MESSAGE[language]
    sender = _line(row["display_name"] or "") or _DELETED_ACCOUNT[language]
    text = cut(_line(line.text), _MAX_BODY)
    author = _line(line.author or "") or sender
    body = text if preview == "full" and text and not line.hides_text else new_message
    title = sender
    if preview == "none":
        title, body = new_message, ""
    elif row["type"] != "direct":
        title, body = cut(_line(row["title"] or ""), _MAX_TITLE) or sender, f"{author}: {body}"
    elif line.author is not None:
        # The title still says whose chat it is.
        body = f"{author}: {body}"
    return Notification("message", row["chat_id"], row["seq"], cut(title, _MAX_TITLE), cut(body, _MAX_BODY), badge)


def clear(chat_id: UUID, seq: int, badge: int) -> Notification:
    """Returns what removes the notification of a chat."""
    return Notification("clear", chat_id, seq, "", "", badge)


def cut(text: str, most: int) -> str:
    """Returns the beginning of a text, at most so many code points, which ends with a whole character and `…`."""
    if len(text) <= most:
        return text
    end = max(most - 1, 0)
    while end > 0 and (_continues(text[end]) or text[end - 1] == _JOINER):
        end -= 1
    return f"{text[:end].rstrip()}…" if end else ""


def _shorten(text: str, too_many: int) -> str:
    """Returns a shorter text. A character has up to 4 bytes, and up to 6 where JSON escapes it."""
    return cut(text, len(text) - max(too_many // 6, 1))


def _continues(sign: str) -> bool:
    """Returns True if a sign belongs to the character before it."""
    code = ord(sign)
    return sign == _JOINER or code in _MARKS or code in _SELECTORS or code in _SKIN_TONES


def _line(text: str) -> str:
    return as_line(" ".join(text.split()))
