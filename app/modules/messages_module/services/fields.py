"""Fields of a message: one ordered list, from which the JSON in Python and the JSON in SQL are made."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic_core import to_jsonable_python

from app.adapters.db.sql import Field, Quoted, RareFields, json_constant, json_object, quoted, time_as_json
from app.modules.messages_module.db.cruds.reactions import REACTIONS, REACTIONS_OF_VIEWER
from app.modules.messages_module.extension import MessagePart, MessageView
from app.utils.json_form import to_json

_BEFORE_PARTS: tuple[Field, ...] = (
    ("id", Quoted("m.id")),
    ("chat_id", Quoted("m.chat_id")),
    ("seq", "m.seq"),
    ("client_msg_id", """coalesce('"' || m.client_msg_id || '"', 'null')"""),
    ("sender_id", Quoted("m.sender_id")),
    ("type", Quoted("m.type")),
    ("text", "to_json(m.text)"),
    ("reply_to_seq", "coalesce(m.reply_to_seq::text, 'null')"),
)
_CREATED_AT = ("created_at", time_as_json("m.created_at"))


def _changes(reactions: str) -> RareFields:
    return RareFields(
        "m.edited_at IS NULL AND m.deleted_at IS NULL AND m.reaction_count = 0",
        (
            ("edited_at", f"coalesce({time_as_json('m.edited_at')}, 'null')"),
            ("deleted_at", f"coalesce({time_as_json('m.deleted_at')}, 'null')"),
            ("reactions", f"CASE WHEN m.reaction_count = 0 THEN '[]' ELSE {reactions} END"),
        ),
        {"edited_at": None, "deleted_at": None, "reactions": []},
    )


_CHANGES = _changes(REACTIONS)
_CHANGES_FOR_VIEWER = _changes(REACTIONS_OF_VIEWER)


class MessageFields:
    """Fields of the core and of modules: parts come after `reply_to_seq`, views at the end."""

    def __init__(self, parts: Sequence[MessagePart] = (), views: Sequence[MessageView] = ()) -> None:
        self.parts = tuple(parts)
        self.views = tuple(views)
        self.empty: dict[str, Any] = to_jsonable_python({part.name: part.empty for part in parts})
        """Values of the parts of a message that has none, as JSON."""
        # The time of the newest batch, and the second half of its messages without values.
        self._newest: tuple[datetime | None, bytes] = (None, b"")
        self._of_tombstone: dict[str, Any] = to_jsonable_python({part.name: part.of_tombstone for part in parts})
        stored: list[Field] = [(part.name, self._sql_of_part(part.name)) for part in parts]
        shown: list[Field] = [(view.name, _sql_of_view(view)) for view in views if view.sql]
        on_pages: list[Field] = [(view.name, _sql_on_page(view)) for view in views if view.sql]
        # A page of the history costs PostgreSQL an eighth more if it looks for each part of a message that has none.
        rare = [RareFields("m.parts IS NULL AND m.deleted_at IS NULL", stored, self.empty)] if stored else []
        content: list[Field | RareFields] = [*_BEFORE_PARTS, *rare, _CREATED_AT]
        self.names = [name for name, _ in (*_BEFORE_PARTS, *stored, _CREATED_AT, *_CHANGES.fields)]
        """Names of the fields in events."""
        self.event_sql = json_object([*content, _CHANGES])
        """SQL of the JSON in events, over the message `m`; with a viewer `$2`, in responses to sends."""
        self.read_sql = json_object([*content, _CHANGES_FOR_VIEWER, *shown])
        """SQL of the JSON that the viewer `$2` reads."""
        self.page_sql = json_object([*content, _CHANGES_FOR_VIEWER, *on_pages])
        """The same for a page of the history, with the `page_numbers` of views."""
        self.page_numbers = {_found(view): view.numbers for view in views if view.numbers}

    def new_message(
        self,
        message_id: UUID | str,
        chat_id: UUID,
        seq: int,
        client_msg_id: UUID | None,
        sender_id: UUID,
        text: str,
        reply_to_seq: int | None,
        values: Mapping[str, Any],
        at: datetime,
    ) -> bytes:
        """Returns the JSON of a message that is being sent, as events show it, with its fields in the order of the SQL.

        Messages of a batch without values share their second half.
        """
        first_half = {
            "id": message_id,
            "chat_id": chat_id,
            "seq": seq,
            "client_msg_id": client_msg_id,
            "sender_id": sender_id,
            "type": "text",
            "text": text,
            "reply_to_seq": reply_to_seq,
        }
        if values:
            second_half = self._second_half(values, at)
        else:
            if self._newest[0] is not at:
                self._newest = at, self._second_half(values, at)
            second_half = self._newest[1]
        return b"%b,%b" % (to_json(first_half)[:-1], second_half)

    def _second_half(self, values: Mapping[str, Any], at: datetime) -> bytes:
        rest = {**self.empty, **values, "created_at": at, "edited_at": None, "deleted_at": None, "reactions": ()}
        return to_json(rest)[1:]

    def values_of(self, stored: Mapping[str, Any] | None) -> dict[str, Any]:
        """Returns the value of each part from the column `parts`."""
        return self.empty | {name: value for name, value in (stored or {}).items() if name in self.empty}

    def unknown_of(self, stored: Mapping[str, Any] | None) -> dict[str, Any]:
        """Returns the values of parts that this process does not have, from the column `parts`."""
        return {name: value for name, value in (stored or {}).items() if name not in self.empty}

    def to_store(self, values: Mapping[str, Any]) -> bytes | None:
        """Returns the JSON for the column `parts`, None if every part is empty."""
        non_empty = {name: value for name, value in values.items() if value != self.empty.get(name)}
        return orjson.dumps(non_empty) if non_empty else None

    def of_tombstone(self, stored: Mapping[str, Any] | None) -> dict[str, Any]:
        """Returns the values that replace those of a deleted message, from the column `parts`."""
        return self._of_tombstone | self._kept(stored)

    def kept(self, stored: Mapping[str, Any] | None) -> bytes | None:
        """Returns the JSON for the column `parts` of a deleted message."""
        return self.to_store(self._kept(stored))

    def _kept(self, stored: Mapping[str, Any] | None) -> dict[str, Any]:
        values = stored or {}
        kept = [part for part in self.parts if part.is_kept and part.name in values]
        return {part.name: part.redacted.of(values[part.name]) for part in kept}

    def _sql_of_part(self, name: str) -> str:
        empty, of_tombstone = self.empty[name], self._of_tombstone[name]
        shown = f"coalesce((m.parts -> '{name}')::text, {json_constant(empty)})"
        if of_tombstone == empty:
            # A deleted message has no parts but those that it keeps.
            return shown
        return f"CASE WHEN m.deleted_at IS NULL THEN {shown} ELSE {json_constant(of_tombstone)} END"


def _sql_of_view(view: MessageView) -> str:
    return f"coalesce(({view.sql})::text, {json_constant(view.empty)})"


def _found(view: MessageView) -> str:
    return quoted(f"found_{view.name}")


def _sql_on_page(view: MessageView) -> str:
    if view.numbers is None:
        return _sql_of_view(view)
    return f"CASE WHEN m.seq = ANY({_found(view)}.seqs) THEN {_sql_of_view(view)} ELSE {json_constant(view.empty)} END"
