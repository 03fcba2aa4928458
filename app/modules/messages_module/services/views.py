"""Messages as JSON for their readers."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from app.adapters.db.connection import Connection
from app.modules.chats_module.errors import ChatNotFound
from app.modules.messages_module.db.cruds.history import MessageQueries, Page, Side
from app.modules.messages_module.errors import MessageNotFound
from app.modules.messages_module.services.fields import MessageFields
from app.modules.streams_module.services.log import now
from app.services.context import Context
from app.utils.container import Container
from app.utils.json_form import to_json

_PAGE_BYTES = 1_000_000
"""Maximum bytes of JSON on a page of several messages."""
_BEYOND = 2**62
"""A position after every message, to which a limit can be added without overflow."""


class MessageViews:
    """Reads messages with the fields of one application. The database writes the JSON."""

    def __init__(self, fields: MessageFields, container: Container) -> None:
        self.fields = fields
        self._container = container
        self._queries = MessageQueries(fields.read_sql, fields.event_sql, fields.page_sql, fields.page_numbers)
        self._described = [view for view in fields.views if view.describe is not None]

    async def view_message(self, connection: Connection, viewer: UUID, chat_id: UUID, seq: int) -> bytes:
        """Returns a message as the viewer sees it. Raises MessageNotFound."""
        message = await self._queries.find_message(connection, viewer, chat_id, seq)
        if message is None:
            raise MessageNotFound
        if self._described:
            (message,) = await self._describe(connection, viewer, [(chat_id, message)])
        return message

    async def view_sent(self, connection: Connection, chat_id: UUID, seq: int, viewer: UUID | None = None) -> bytes:
        """Returns a message as responses to sends contain it. Without a viewer it is as in events: the same for all."""
        message = await self._queries.find_sent(connection, chat_id, seq, viewer)
        if message is None:
            raise MessageNotFound
        return message

    async def for_event(self, connection: Connection, chat_id: UUID, seq: int) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(await self.view_sent(connection, chat_id, seq))
        return found

    async def list_last(self, connection: Connection, viewer: UUID, chat_ids: Sequence[UUID]) -> Mapping[UUID, bytes]:
        """Returns the last message of each chat that has one."""
        messages = await self._queries.list_last(connection, viewer, chat_ids)
        if not self._described:
            return messages
        return dict(zip(messages, await self._describe(connection, viewer, list(messages.items())), strict=True))

    async def list_found(
        self,
        connection: Connection,
        viewer: UUID,
        found: Sequence[tuple[UUID, int, int | None]],
        *,
        with_deleted: bool = False,
    ) -> tuple[Mapping[tuple[UUID, int], bytes], int]:
        """Returns those messages (chat, number, revision) that the viewer may read, if unchanged and not deleted.

        The revision is the number of the last event that holds the message's content, 0 without one; None
        means any. The second value is the number of those in `found` that fit a page: of large messages not all do.
        """
        if not found:
            return {}, 0
        rows, count = await self._queries.list_found(connection, viewer, found, _PAGE_BYTES, with_deleted=with_deleted)
        keys = [(chat_id, seq) for chat_id, seq, _ in rows]
        messages = [message for _, _, message in rows]
        if self._described:
            messages = await self._describe(connection, viewer, [(chat_id, one) for chat_id, _, one in rows])
        return dict(zip(keys, messages, strict=True)), count

    async def view_history(
        self,
        connection: Connection,
        viewer: UUID,
        chat_id: UUID,
        *,
        before_seq: int | None,
        after_seq: int | None,
        around_seq: int | None,
        limit: int,
    ) -> bytes:
        """Returns a page of a chat, the newest one without a position. Raises ChatNotFound for non-members.

        Of large messages it has fewer than `limit`.
        """
        if after_seq is not None:
            side, position = Side.AFTER, min(after_seq, _BEYOND)
        elif around_seq is not None:
            side, position = Side.AROUND, around_seq
        else:
            side, position = Side.BEFORE, _BEYOND if before_seq is None else before_seq
        while True:
            page = await self._queries.find_page(connection, chat_id, viewer, side, position, limit, _PAGE_BYTES)
            if page is None:
                raise ChatNotFound
            items = page.items
            if items is not None:
                break
            size = page.size
            while size > _PAGE_BYTES:
                limit, size = max(limit // 2, 1), size // 2
        if self._described:
            found = [(chat_id, orjson.dumps(item)) for item in orjson.loads(items)]
            items = b"[" + b",".join(await self._describe(connection, viewer, found)) + b"]"
        has_before, has_after = _sides(page, side)
        return b'{"items":%b,"has_before":%b,"has_after":%b}' % (items, to_json(has_before), to_json(has_after))

    async def _describe(
        self, connection: Connection, viewer: UUID, messages: Sequence[tuple[UUID, bytes]]
    ) -> list[bytes]:
        """Adds the fields that Python computes. Each view is called once for all messages."""
        found = [(chat_id, orjson.loads(message)) for chat_id, message in messages]
        keys = [(chat_id, message["seq"]) for chat_id, message in found]
        context = Context(connection, self._container, now())
        for view in self._described:
            assert view.describe is not None  # noqa: S101 - chosen for it
            values = await view.describe(context, viewer, keys) if keys else {}
            for key, (_, message) in zip(keys, found, strict=True):
                message[view.name] = values.get(key, view.empty)
        return [to_json(message) for _, message in found]


def _sides(page: Page, side: Side) -> tuple[bool, bool]:
    if page.first_seq is None or page.last_seq is None:
        # The page is empty: all messages are on the other side of the position.
        return side is Side.AFTER and page.head > 0, side is Side.BEFORE and page.head > 0
    return page.first_seq > 1, page.last_seq < page.head
