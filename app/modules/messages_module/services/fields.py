"""Fields of a message: one ordered list, from which the JSON in Python and the JSON in SQL are made."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic_core import to_jsonable_python

from app.adapters.db.sql import RareFields, json_constant, json_object, time_as_json
from app.modules.messages_module.db.cruds.reactions import REACTIONS
from app.modules.messages_module.extension import MessagePart, MessageView

# Each name with the SQL of its JSON: one or more arguments of `concat`.
_BEFORE_PARTS: tuple[tuple[str, str], ...] = (
    ("id", """'"', m.id, '"'"""),
    ("chat_id", """'"', m.chat_id, '"'"""),
    ("seq", "m.seq"),
    ("client_msg_id", """coalesce('"' || m.client_msg_id || '"', 'null')"""),
    ("sender_id", """'"', m.sender_id, '"'"""),
    ("type", """'"', m.type, '"'"""),
    ("text", "to_json(m.text)"),
    ("reply_to_seq", "coalesce(m.reply_to_seq::text, 'null')"),
)
_CREATED_AT = ("created_at", time_as_json("m.created_at"))
_CHANGES = RareFields(
    "m.edited_at IS NULL AND m.deleted_at IS NULL AND m.reaction_count = 0",
    (
        ("edited_at", f"coalesce({time_as_json('m.edited_at')}, 'null')"),
        ("deleted_at", f"coalesce({time_as_json('m.deleted_at')}, 'null')"),
        ("reactions", f"CASE WHEN m.reaction_count = 0 THEN '[]' ELSE {REACTIONS} END"),
    ),
    {"edited_at": None, "deleted_at": None, "reactions": []},
)


_NO_REACTIONS: tuple[()] = ()


class MessageFields:
    """Fields of the core and of modules: parts come after `reply_to_seq`, views at the end."""

    def __init__(self, parts: Sequence[MessagePart] = (), views: Sequence[MessageView] = ()) -> None:
        self.parts = tuple(parts)
        self.views = tuple(views)
        self.empty: dict[str, Any] = to_jsonable_python({part.name: part.empty for part in parts})
        """Values of the parts of a message that has none, as JSON."""
        self._of_tombstone: dict[str, Any] = to_jsonable_python({part.name: part.of_tombstone for part in parts})
        stored = [(part.name, self._sql_of_part(part.name)) for part in parts]
        shown = [
            (view.name, f"coalesce(({view.sql})::text, {json_constant(view.empty)})") for view in views if view.sql
        ]
        # A page of the history costs PostgreSQL an eighth more if it looks for each part of a message that has none.
        rare = [RareFields("m.parts IS NULL AND m.deleted_at IS NULL", stored, self.empty)] if stored else []
        in_events: list[tuple[str, str] | RareFields] = [*_BEFORE_PARTS, *rare, _CREATED_AT, _CHANGES]
        self.names = [name for name, _ in (*_BEFORE_PARTS, *stored, _CREATED_AT, *_CHANGES.fields)]
        """Names of the fields in events."""
        self.event_sql = json_object(in_events)
        """SQL of the JSON in events, over the message `m`; with a viewer `$2`, in responses to sends."""
        self.read_sql = json_object([*in_events, *shown])
        """SQL of the JSON that the viewer `$2` reads."""

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
    ) -> dict[str, Any]:
        """Returns a message that is being sent, as events show it, with its fields in the order of the SQL."""
        return {
            "id": message_id,
            "chat_id": chat_id,
            "seq": seq,
            "client_msg_id": client_msg_id,
            "sender_id": sender_id,
            "type": "text",
            "text": text,
            "reply_to_seq": reply_to_seq,
            **self.empty,
            **values,
            "created_at": at,
            "edited_at": None,
            "deleted_at": None,
            "reactions": _NO_REACTIONS,
        }

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
