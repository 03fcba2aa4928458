"""Reads messages, in hand-written SQL. Numbers have no gaps, so a page is a range of the primary key.

The database writes the JSON. For a page of 50 messages that costs it 0.3 ms and saves this process 1 ms.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from app.adapters.db.citus import fetch_each, has_citus, of_chat, of_one
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import one_row


class Side(StrEnum):
    """Side of the position on which the page lies."""

    BEFORE = "before"
    AFTER = "after"
    AROUND = "around"


class Page(NamedTuple):
    """A page of messages. `items` is a JSON array in ascending order. `head` is the chat's last number.

    `first_seq` and `last_seq` are None if the page is empty. `items` is None if the messages are too large: they have
    `size` bytes, or more.
    """

    head: int
    first_seq: int | None
    last_seq: int | None
    size: int
    items: bytes | None


# $1 chat, $2 viewer, $3 position, $4 limit, $5 maximum of bytes of several messages. One round trip checks the
# membership and finds the page. No JSON is written of a large message, which could take long: without it there are no
# items, but the bytes of all texts.
_PAGE = """
WITH place AS (
    SELECT c.last_seq FROM chat c JOIN chat_member r ON r.chat_id = c.id AND r.account_id = $2
    WHERE c.id = $1 AND c.deleted_at IS NULL
)
SELECT place.last_seq AS head, page.first_seq, page.last_seq, greatest(octet_length(page.items), page.size) AS size,
    CASE WHEN page.has_large OR (octet_length(page.items) > $5 AND page.first_seq < page.last_seq) THEN NULL
        ELSE convert_to('[' || coalesce(page.items, '') || ']', 'UTF8') END AS items
FROM place {found} CROSS JOIN LATERAL (
    SELECT min(m.seq) AS first_seq, max(m.seq) AS last_seq, coalesce(sum(octet_length(m.text)), 0) AS size,
        bool_or({is_large}) AS has_large,
        string_agg(CASE WHEN {is_large} THEN NULL ELSE {json} END, ',' ORDER BY m.seq) AS items
    FROM message m WHERE m.chat_id = $1 AND {range}
) page
"""
# A character has up to six times as many bytes in JSON. So a page without these has at most $5 bytes of texts.
_LARGE = "octet_length(m.text) * 6 * $4 > $5"
# The numbers on the page that a view has found: an aggregate, so that it is evaluated once.
_FOUND_ON_PAGE = "CROSS JOIN LATERAL (SELECT array_agg(m.seq) AS seqs FROM ({numbers}) m WHERE {range}) {name}"
_RANGES = {
    Side.BEFORE: "m.seq < least($3, place.last_seq + 1) AND m.seq >= least($3, place.last_seq + 1) - $4",
    Side.AFTER: "m.seq > $3 AND m.seq <= $3 + $4",
    Side.AROUND: """
        m.seq >= least(greatest($3::bigint, 1) - $4::bigint / 2, place.last_seq - $4 + 1)
        AND m.seq < greatest(least(greatest($3::bigint, 1) - $4::bigint / 2, place.last_seq - $4 + 1), 1) + $4
    """,
}


_ONE = f"SELECT convert_to({{json}}, 'UTF8') FROM {one_row('message', chat_id='$1', seq='$3')} m"  # noqa: S608
_LAST = f"""
SELECT chosen.id, convert_to({{json}}, 'UTF8') AS message
FROM unnest($1::uuid[]) AS chosen(id) JOIN chat c ON c.id = chosen.id
CROSS JOIN LATERAL {one_row("message", chat_id="chosen.id", seq="c.last_seq")} m
"""  # noqa: S608 - constants only
# $1 chats, $2 viewer, $3 numbers, $4 revisions: number of the last event that holds the content, $5 deleted ones, too,
# $6 maximum of bytes of several messages: those for which there is no room are NULL. Access and revision are checked
# for each message.
_FOUND = f"""
WITH shown AS MATERIALIZED (
    SELECT place, chat_id, seq, CASE WHEN before <= $6 THEN convert_to({{json}}, 'UTF8') END AS message FROM (
        SELECT found.place, m.*, sum(octet_length(m.text)) OVER (ORDER BY found.place) - octet_length(m.text) AS before
        FROM unnest($1::uuid[], $3::bigint[], $4::bigint[]) WITH ORDINALITY AS found(chat_id, seq, revision, place)
        CROSS JOIN LATERAL {one_row("chat_member", chat_id="found.chat_id", account_id="$2")} r
        JOIN chat c ON c.id = found.chat_id AND c.deleted_at IS NULL
        CROSS JOIN LATERAL {one_row("message", chat_id="found.chat_id", seq="found.seq")} m
        WHERE ($5 OR m.deleted_at IS NULL)
            AND (found.revision IS NULL OR coalesce(m.event_seqs[cardinality(m.event_seqs)], 0) = found.revision)
    ) m
)
SELECT place, chat_id, seq, CASE WHEN size <= $6 OR size = octet_length(message) THEN message END AS message
FROM (SELECT *, sum(octet_length(message)) OVER (ORDER BY place) AS size FROM shown) sized ORDER BY place
"""  # noqa: S608 - constants only


def _page(json: str, numbers: Mapping[str, str], condition: str, is_large: str) -> str:
    found = [_FOUND_ON_PAGE.format(numbers=query, range=condition, name=name) for name, query in numbers.items()]
    return _PAGE.format(json=of_chat(json), range=condition, found=" ".join(found), is_large=is_large)


class MessageQueries:
    """SQL statements of one application. Its modules contribute fields to the JSON of a message."""

    def __init__(self, read_json: str, event_json: str, page_json: str, page_numbers: Mapping[str, str]) -> None:
        """`read_json`, `event_json` and `page_json` are SQL expressions over the message `m`.

        `page_numbers` are queries for numbers of messages in the chat `$1`, as `seq`. In `page_json` those of the page
        are the array `seqs` of each name, which is an identifier of SQL.
        """
        self._pages, self._pages_of_any_size = (
            {side: _page(page_json, page_numbers, condition, is_large) for side, condition in _RANGES.items()}
            for is_large in (_LARGE, "false")
        )
        self._one = _ONE.format(json=of_chat(read_json))
        self._sent = _ONE.format(json=of_chat(event_json))
        self._last = _LAST.format(json=read_json)
        self._last_of_one = of_one(self._last, "chosen.id", "m.chat_id")
        self._found = _FOUND.format(json=read_json)
        self._found_in_one = of_one(self._found, "found.chat_id", "m.chat_id")

    async def find_page(
        self,
        connection: DatabaseConnection,
        chat_id: UUID,
        viewer: UUID,
        side: Side,
        position: int,
        limit: int,
        size: int,
    ) -> Page | None:
        """Returns a page of the history. None if the account is not a member of the chat.

        It has no items if several messages have more than `size` bytes.
        """
        arguments = chat_id, viewer, position, limit, size
        page = await self._find_page(connection, self._pages[side], *arguments)
        if page is not None and page.items is None and (page.size <= size or page.first_seq == page.last_seq):
            # There are large messages, but not many.
            page = await self._find_page(connection, self._pages_of_any_size[side], *arguments)
        return page

    async def _find_page(self, connection: DatabaseConnection, query: str, *arguments: Any) -> Page | None:
        rows = await connection.fetch(query, *arguments)
        return Page(*rows[0]) if rows else None

    async def find_message(self, connection: DatabaseConnection, viewer: UUID, chat_id: UUID, seq: int) -> bytes | None:
        """Returns one message as JSON, as the viewer sees it."""
        message: bytes | None = await connection.fetchval(self._one, chat_id, viewer, seq)
        return message

    async def find_sent(
        self, connection: DatabaseConnection, chat_id: UUID, seq: int, viewer: UUID | None = None
    ) -> bytes | None:
        """Returns one message as JSON, as responses to sends contain it. Without a viewer it is as in events."""
        message: bytes | None = await connection.fetchval(self._sent, chat_id, viewer, seq)
        return message

    async def list_last(
        self, connection: DatabaseConnection, viewer: UUID, chat_ids: Sequence[UUID]
    ) -> Mapping[UUID, bytes]:
        """Returns the last message of each chat that has one, as JSON."""
        return dict(await fetch_each(connection, self._last, self._last_of_one, [chat_ids], viewer))

    async def list_found(
        self,
        connection: DatabaseConnection,
        viewer: UUID,
        found: Sequence[tuple[UUID, int, int | None]],
        size: int,
        *,
        with_deleted: bool,
    ) -> tuple[Sequence[tuple[UUID, int, bytes]], int]:
        """Returns those of the messages (chat, number, revision) that the viewer may read and that are unchanged.

        None as the revision: any. Several messages have at most `size` bytes: the second value is the number of those
        in `found` that were looked at.
        """
        if has_citus(connection) and len(found) > 1:
            return await self._list_found_one_by_one(connection, viewer, found, size, with_deleted=with_deleted)
        chat_ids, seqs, revisions = map(list, zip(*found, strict=True))
        query = self._found_in_one if has_citus(connection) else self._found
        rows = await connection.fetch(query, chat_ids, viewer, seqs, revisions, with_deleted, size)
        first_left_out = next((row["place"] for row in rows if row["message"] is None), len(found) + 1)
        shown = [(row["chat_id"], row["seq"], row["message"]) for row in rows if row["message"] is not None]
        return shown, first_left_out - 1

    async def _list_found_one_by_one(
        self,
        connection: DatabaseConnection,
        viewer: UUID,
        found: Sequence[tuple[UUID, int, int | None]],
        size: int,
        *,
        with_deleted: bool,
    ) -> tuple[Sequence[tuple[UUID, int, bytes]], int]:
        shown: list[tuple[UUID, int, bytes]] = []
        for place, one in enumerate(found):
            messages, _ = await self.list_found(connection, viewer, [one], size, with_deleted=with_deleted)
            size -= sum(len(message) for _, _, message in messages)
            if size < 0 and shown:
                return shown, place
            shown += messages
        return shown, len(found)
