"""Calls the contributed parts of messages on a send, an edit or a deletion."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel

from app.adapters.db.connection import Connection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.messages_module.errors import MessageIsFinal
from app.modules.messages_module.extension import (
    NEEDS_PREPARE,
    CheckedSend,
    EditedMessage,
    MessageEdit,
    MessagePart,
    MessageRemoval,
    NeedsPrepare,
    PartRequest,
    SendCheck,
    StoredPart,
)
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.services.part_values import NOTHING, PartInput, PartsOfMessage, PartValues, as_json
from app.modules.messages_module.services.views import MessageViews
from app.services.context import Context, work_context
from app.services.errors import ServiceError, ValidationFailed
from app.utils.container import Container


class MessageParts:
    """Calls the parts of one application. Without parts a send costs nothing extra."""

    def __init__(
        self,
        views: MessageViews,
        checks: Sequence[SendCheck],
        edits: Sequence[MessageEdit],
        removals: Sequence[MessageRemoval],
        container: Container,
    ) -> None:
        self.views = views
        self._checks = checks
        self._edits = edits
        self._removals = removals
        self.fields = fields = views.fields
        self._container = container
        self._creatable = {part.name for part in fields.parts if part.create is not None}
        self._replacing = {part.name for part in fields.parts if part.replaces_text}
        # Parts that no client sends, computed for every message.
        self._derived = tuple(part for part in fields.parts if part.create is None and part.derive is not None)
        self._derived_names = {part.name for part in self._derived}
        self._updatable = {part.name for part in fields.parts if part.update is not None}
        self._requested = {*MessageCreate.model_fields, *self._creatable, *self._updatable}
        self._storing = {part.name for part in fields.parts if part.store is not None}

    def for_send(self, request: MessageCreate, server_parts: Mapping[str, Any]) -> PartValues:
        """Returns the values of the parts of a new message. Raises ServiceError if a part refuses the request."""
        given = request.__pydantic_fields_set__ & self._creatable
        collected = self._collect(request, given, server_parts, is_new=True)
        if self._replacing and not request.text and self._replacing.isdisjoint((*collected.values, *collected.needs)):
            raise self._missing_text()
        return collected

    def are_plain(self, given: PartValues) -> bool:
        """Returns True if these parts of a new message need no call of a module in the transaction."""
        return given is NOTHING or (not given.needs and self._storing.isdisjoint(given.values))

    def check_content(self, text: str, values: Mapping[str, Any]) -> None:
        """Raises ValidationFailed if an edit leaves a message without a text, and nothing replaces it."""
        if not self.has_content(text, values):
            raise self._missing_text()

    def has_content(self, text: str, values: Mapping[str, Any]) -> bool:
        """Returns True if there is a text, or a part that replaces it. Parts without a value are empty."""
        empty = self.fields.empty
        return bool(text) or any(values.get(name, empty[name]) != empty[name] for name in self._replacing)

    def _missing_text(self) -> ValidationFailed:
        names = ", ".join(part.name for part in self.fields.parts if part.name in self._replacing & self._creatable)
        required = f"text or one of {names}" if names else "text"
        return ValidationFailed(("body", "text"), f"{required} is required")

    def of_forward(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Returns those parts of a message that a forward takes along."""
        return {part.name: message[part.name] for part in self.fields.parts if part.forwarded}

    def check_editable(self, values: Mapping[str, Any]) -> None:
        """Raises MessageIsFinal if one of the parts forbids edits."""
        if any(part.forbids_edits and values[part.name] != self.fields.empty[part.name] for part in self.fields.parts):
            raise MessageIsFinal

    def complete(self, request: BaseModel, message: Mapping[str, Any]) -> BaseModel:
        """Returns an edit with the values of the message in the fields of a send or an edit that it leaves out."""
        return request.model_copy(update={name: message[name] for name in self._requested - request.model_fields_set})

    def for_update(self, request: BaseModel, given: set[str]) -> PartValues:
        """Returns the values of the parts in a complete edit. `given`: names of the fields in the body."""
        return self._collect(request, given & self._updatable, {}, is_new=False)

    def _collect(
        self, request: BaseModel, given: set[str], server_parts: Mapping[str, Any], *, is_new: bool
    ) -> PartValues:
        """Parts of a new message that are empty are left out. Parts of an edit that are left out keep their values."""
        parts: Sequence[MessagePart] = self._derived
        sent: dict[str, Any] = {}
        named = sent
        if given or server_parts:
            sent = request.model_dump(mode="json", include=given) if given else {}
            named = {**sent, **server_parts}
            parts = [part for part in self.fields.parts if part.name in self._derived_names or part.name in named]
        values: dict[str, Any] = {}
        needs: dict[str, Any] = {}
        for part in parts:
            name, empty = part.name, self.fields.empty[part.name]
            derive = None if name in server_parts else part.derive
            value = derive(request) if derive is not None else named[name]
            # First, because most values of most messages are empty.
            if is_new and value == empty:
                continue
            if derive is None and part.prepare is not None:
                value = NEEDS_PREPARE
            if isinstance(value, NeedsPrepare):
                if part.prepare is None:
                    raise TypeError(f"the part {name!r} of messages needs `prepare`, which it does not have")
                needs[name] = value.derived
            else:
                value = as_json(name, value)
                if not is_new or value != empty:
                    values[name] = value
        if not values and not needs and not sent:
            return NOTHING
        return PartValues(values, needs, orjson.dumps(sent, option=orjson.OPT_SORT_KEYS) if sent else b"")

    async def check(
        self, connection: Connection, sends: Sequence[tuple[CheckedSend, Sequence[str]]], at: datetime
    ) -> list[ServiceError | None]:
        """Returns for each send the first refusal by the checks named with it, or None."""
        refusals: list[ServiceError | None] = [None] * len(sends)
        context = Context(connection, self._container, at)
        for check in self._checks:
            places = [place for place, (_, names) in enumerate(sends) if check.name in names and not refusals[place]]
            if places:
                answers = await check.check(context, [sends[place][0] for place in places])
                for place, answer in zip(places, answers, strict=True):
                    refusals[place] = answer
        return refusals

    async def check_mark(
        self, connection: Connection, names: Sequence[str], chat_id: UUID, account_id: UUID, at: datetime
    ) -> ServiceError | None:
        """Returns the first refusal of a reaction, a pin or typing by the checks of these names, or None."""
        context = Context(connection, self._container, at)
        for check in self._checks:
            if check.check_mark is not None and check.name in names:
                refusal = await check.check_mark(context, chat_id, account_id)
                if refusal is not None:
                    return refusal
        return None

    async def prepare(
        self, connection: Connection, inputs: Sequence[PartInput], at: datetime
    ) -> list[Mapping[str, Any] | ServiceError]:
        """Returns the values or a refusal for each input. Each part is called once for all inputs.

        Parts of a new message that are prepared as empty are left out.
        """
        results: list[Mapping[str, Any] | ServiceError] = [part_input.given.values for part_input in inputs]
        context = Context(connection, self._container, at)
        for part in self.fields.parts:
            places = [place for place, part_input in enumerate(inputs) if part.name in part_input.given.needs]
            places = [place for place in places if not isinstance(results[place], ServiceError)]
            if part.prepare is None or not places:
                continue
            answers = await part.prepare(context, [_request(part, inputs[place]) for place in places])
            for place, answer in zip(places, answers, strict=True):
                before, is_new = results[place], inputs[place].current is None
                if isinstance(answer, ServiceError):
                    results[place] = answer
                elif not isinstance(before, ServiceError):
                    value = as_json(part.name, answer)
                    if not is_new or value != self.fields.empty[part.name]:
                        results[place] = {**before, part.name: value}
        for place, part_input in enumerate(inputs):
            request: Any = part_input.request
            if part_input.current is None and not request.text:
                values = results[place]
                if not isinstance(values, ServiceError) and self._replacing.isdisjoint(values):
                    results[place] = self._missing_text()
        return results

    async def store(
        self,
        connection: Connection,
        at: datetime,
        messages: Sequence[PartsOfMessage],
    ) -> None:
        """Calls `store` of the parts."""
        context = Context(connection, self._container, at)
        for part in self.fields.parts:
            if part.store is None:
                continue
            stored = [
                StoredPart(
                    message.chat_id,
                    message.seq,
                    message.sender_id,
                    message.values[part.name],
                    message.before and message.before.get(part.name),
                    message.server_parts.get(part.name),
                )
                for message in messages
                if part.name in message.values
            ]
            if stored:
                await part.store(context, stored)

    async def keep(self, work: UnitOfWork, message: EditedMessage, at: datetime) -> None:
        """Lets modules keep what an edit replaces."""
        context = await work_context(work, self._container, at)
        for edit in self._edits:
            await edit.keep(context, message)

    async def remove(self, work: UnitOfWork, chat_id: UUID, seqs: Sequence[int], at: datetime) -> None:
        """Calls `remove` of the parts, then the removals, for messages that are being deleted."""
        context = await work_context(work, self._container, at)
        for part in self.fields.parts:
            if part.remove is not None:
                await part.remove(context, chat_id, seqs)
        for removal in self._removals:
            await removal.remove(context, chat_id, seqs)


def _request(part: MessagePart, part_input: PartInput) -> PartRequest:
    return PartRequest(
        part_input.chat_id,
        part_input.chat_type,
        part_input.sender_id,
        part_input.role,
        part_input.last_seq,
        part_input.request,
        getattr(part_input.request, part.name, None),
        part_input.server_parts.get(part.name),
        part_input.current.get(part.name) if part_input.current is not None else None,
        part_input.given.needs[part.name],
        {**part_input.given.needs, **part_input.given.values},
    )
