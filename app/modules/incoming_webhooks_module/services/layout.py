"""Turns the blocks and attachments of Slack's messages into text. Kinds that have no text are left out."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from app.modules.incoming_webhooks_module.services.mrkdwn import Style
from app.modules.messages_module.schemas.message import MAX_TEXT

Json = Mapping[str, Any]
# Escape sequences of terminals, as the output of builds has them; then single characters.
_NOT_IN_TEXT = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e]")


def write_blocks(blocks: list[Any], style: Style) -> str:
    """Returns the text of the blocks, with an empty line between two of them."""
    return join("\n\n", (_write_block(block, style) for block in blocks if isinstance(block, dict)))


def write_attachments(attachments: list[Any], style: Style) -> str:
    """Returns the text of the attachments, with an empty line between two of them."""
    return join("\n\n", (_write_attachment(one, style) for one in attachments if isinstance(one, dict)))


def join(separator: str, texts: Iterable[str]) -> str:
    """Returns the texts that are not empty, up to the one with which they are longer than a message."""
    written: list[str] = []
    size = 0
    for text in texts:
        if text:
            written.append(text)
            size += len(text)
        if size > MAX_TEXT:
            break
    return separator.join(written)


def text_of(value: Any) -> str:
    """Returns a text without what no message may have, or a number. Programs often send numbers as values of fields."""
    if isinstance(value, str):
        return value if value.isprintable() else _NOT_IN_TEXT.sub("", value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _write_block(block: Json, style: Style) -> str:
    kind = block.get("type")
    write = _BLOCKS.get(kind) if isinstance(kind, str) else None
    return write(block, style) if write is not None else ""


def _write_object(value: Any, style: Style) -> str:
    """Returns a text object of Slack, `mrkdwn` or `plain_text`."""
    if not isinstance(value, dict):
        return ""
    text = text_of(value.get("text")).strip()
    return style.from_mrkdwn(text) if value.get("type") == "mrkdwn" else style.from_plain(text)


def _header(block: Json, style: Style) -> str:
    return style.bold(" ".join(_write_object(block.get("text"), style).split()))


def _section(block: Json, style: Style) -> str:
    texts = [block.get("text"), *_list(block.get("fields"))]
    written = join("\n", (_write_object(text, style) for text in texts))
    return join("\n", (written, _button(block.get("accessory"), style)))


def _context(block: Json, style: Style) -> str:
    written = (
        _image(each, style) if isinstance(each, dict) and each.get("type") == "image" else _write_object(each, style)
        for each in _list(block.get("elements"))
    )
    return join(" ", written)


def _image(block: Json, style: Style) -> str:
    title = block.get("title")
    label = text_of(title.get("text")) if isinstance(title, dict) else ""
    return style.link(label or text_of(block.get("alt_text")), text_of(block.get("image_url")))


def _actions(block: Json, style: Style) -> str:
    return join("\n", (_button(each, style) for each in _list(block.get("elements"))))


def _button(value: Any, style: Style) -> str:
    """Returns the link of a button. A button without an address does nothing here."""
    if not isinstance(value, dict) or value.get("type") != "button" or not value.get("url"):
        return ""
    text = value.get("text")
    return style.link(text_of(text.get("text")) if isinstance(text, dict) else "", text_of(value["url"]))


def _divider(_: Json, __: Style) -> str:
    return "———"


_BLOCKS: Mapping[str, Callable[[Json, Style], str]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "image": _image,
    "actions": _actions,
    "divider": _divider,
}


def _write_attachment(attachment: Json, style: Style) -> str:
    return join("\n", _lines_of(attachment, style)) or style.from_plain(text_of(attachment.get("fallback")).strip())


def _lines_of(attachment: Json, style: Style) -> Iterator[str]:
    yield style.from_mrkdwn(text_of(attachment.get("pretext")).strip())
    yield _titled(attachment.get("author_name"), attachment.get("author_link"), style)
    yield style.bold(_titled(attachment.get("title"), attachment.get("title_link"), style))
    yield style.from_mrkdwn(text_of(attachment.get("text")).strip())
    for field in _list(attachment.get("fields")):
        if isinstance(field, dict):
            title = style.bold(_line(field.get("title"), style))
            value = style.from_mrkdwn(text_of(field.get("value")).strip())
            # A block of code begins with a line of its own.
            space = "\n" if value.startswith("```") else " "
            yield f"{title}:{space}{value}" if title and value else title or value
    yield write_blocks(_list(attachment.get("blocks")), style)
    yield _line(attachment.get("footer"), style)


def _titled(title: Any, link: Any, style: Style) -> str:
    url = text_of(link)
    return style.link(text_of(title), url) if url else _line(title, style)


def _line(value: Any, style: Style) -> str:
    return style.from_plain(" ".join(text_of(value).split()))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
