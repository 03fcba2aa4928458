"""Models of messages of one application, with the fields that its modules contribute."""

from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from pydantic import BaseModel, Field, create_model

from app.modules.base_module.schemas import UNCHANGED, check_names, extended
from app.modules.messages_module.extension import MessagePart, MessageView
from app.modules.messages_module.schemas.events import MessageDeletedPayload, MessageEditedPayload, MessagePayload
from app.modules.messages_module.schemas.message import (
    HistoryPage,
    MessageCreate,
    MessageRead,
    MessageUpdate,
    PartialMessageUpdate,
    ReplacedText,
)
from app.utils.module import Modules


class MessageModels(NamedTuple):
    """Models that routes, sockets and documents use."""

    create: type[MessageCreate]
    update: type[MessageUpdate] | type[PartialMessageUpdate]
    read: type[MessageRead]
    page: type[HistoryPage]
    events: dict[str, type[BaseModel]]


@cache
def message_models(modules: Modules) -> MessageModels:
    """Raises ModulesError for a contributed field that messages already have."""
    parts, views = modules.contributions(MessagePart), modules.contributions(MessageView)
    check_names(MessageRead, (*parts, *views))
    stored = {part.name: (part.read, ...) for part in parts}
    example = {part.name: part.empty for part in parts}
    # The response to a send has the same model without views.
    shown = stored | {view.name: (view.read, view.empty) for view in views}
    read = extended(MessageRead, shown, example | {view.name: view.empty for view in views})
    tombstone = {part.name: part.of_tombstone for part in parts}
    updates: dict[str, Any] = {part.name: (part.update, UNCHANGED) for part in parts if part.update is not None}
    update = PartialMessageUpdate if updates else MessageUpdate
    if may_replace_text(parts):
        # MessageParts refuses an edit that leaves nothing.
        updates["text"] = (ReplacedText, UNCHANGED if updates else ...)
    created = extended(MessagePayload, stored, example)
    edited = extended(MessageEditedPayload, stored, example)
    return MessageModels(
        create=_create_model(parts),
        update=extended(update, updates, {}, name="MessageUpdate"),
        read=read,
        page=create_model("HistoryPage", __base__=HistoryPage, __doc__=HistoryPage.__doc__, items=(list[read], ...))  # type: ignore[valid-type]
        if shown
        else HistoryPage,
        events={
            "message.created": created,
            "message.edited": edited,
            "message.updated": created,
            "message.deleted": extended(MessageDeletedPayload, stored, tombstone),
        },
    )


def _default(empty: Any) -> Any:
    """Returns the default of a field of requests.

    An empty list or object is created by its type, because a copy by pydantic costs three Python calls per send.
    """
    if empty == [] or empty == {}:
        return Field(default_factory=type(empty), json_schema_extra={"default": empty})
    return empty


def may_replace_text(parts: Iterable[MessagePart]) -> bool:
    return any(part.replaces_text for part in parts)


def _create_model(parts: tuple[MessagePart, ...]) -> type[MessageCreate]:
    given = [part for part in parts if part.create is not None]
    fields: dict[str, Any] = {part.name: (part.create, _default(part.empty)) for part in given}
    if may_replace_text(parts):
        # MessageParts refuses a message in which all of them are empty.
        fields["text"] = (ReplacedText, "")
    return extended(MessageCreate, fields, {})
