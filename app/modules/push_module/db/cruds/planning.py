"""Who is to be notified of the messages of a chat."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import one_row
from app.modules.push_module.db.cruds.subscriptions import LIVE

_FIND_CHAT = "SELECT type, member_count FROM chat WHERE id = $1 AND deleted_at IS NULL"
_HAS_FEWER = "SELECT count(*) < $1 FROM (SELECT FROM push_subscription LIMIT $1) subscription"
_LIST_MESSAGES = """
SELECT seq, sender_id, created_at FROM message
WHERE chat_id = $1 AND seq >= $2 AND created_at <= $3 AND deleted_at IS NULL ORDER BY seq DESC LIMIT $4
"""
# A page of the members: in a small chat each of them is looked up among the subscriptions.
_BY_MEMBERS = """
SELECT m.account_id, m.read_seq FROM chat_member m
CROSS JOIN LATERAL (SELECT FROM push_subscription WHERE account_id = m.account_id ORDER BY id LIMIT 1) s
WHERE m.chat_id = $1 AND m.account_id > $2 ORDER BY m.account_id LIMIT $3
"""
# In a chat with more members than there are subscriptions, each of these is looked up among the members.
_BY_SUBSCRIPTIONS = f"""
SELECT s.account_id, m.read_seq
FROM (SELECT DISTINCT account_id FROM push_subscription WHERE account_id > $2 ORDER BY account_id LIMIT $3) s
LEFT JOIN LATERAL {one_row("chat_member", chat_id="$1", account_id="s.account_id")} m ON true
ORDER BY s.account_id
"""  # noqa: S608 - constants only
# Of each chat the shorter list is read, of members or of subscriptions. Where both are long, it is likely enough.
_LIST_SUBSCRIBED = f"""
WITH device AS MATERIALIZED (SELECT account_id FROM push_subscription LIMIT $2)
SELECT c.id
FROM unnest($1::uuid[]) AS chosen(chat_id)
CROSS JOIN LATERAL {one_row("chat", id="chosen.chat_id")} c
CROSS JOIN (SELECT count(*) AS count FROM device) devices
WHERE c.deleted_at IS NULL AND CASE
    WHEN devices.count < least(c.member_count, $2) THEN (
        SELECT true FROM device
        CROSS JOIN LATERAL {one_row("chat_member", chat_id="c.id", account_id="device.account_id")} m LIMIT 1
    )
    WHEN c.member_count <= $2 THEN (
        SELECT true FROM chat_member m
        CROSS JOIN LATERAL (SELECT FROM push_subscription WHERE account_id = m.account_id ORDER BY id LIMIT 1) s
        WHERE m.chat_id = c.id ORDER BY m.account_id LIMIT 1
    )
    ELSE true END
"""  # noqa: S608 - constants only
# A retry finds its rows there, and returns none of them.
_ADD = f"""
INSERT INTO push_notification AS n (chat_id, account_id, subscription_id, seq, due)
SELECT $2, s.account_id, s.id, chosen.seq, 'message'
FROM unnest($3::uuid[], $4::bigint[]) AS chosen(account_id, seq)
CROSS JOIN LATERAL (SELECT * FROM push_subscription x WHERE x.account_id = chosen.account_id ORDER BY x.id) s
WHERE {LIVE} ORDER BY s.account_id, s.id
ON CONFLICT (chat_id, account_id, subscription_id) DO UPDATE SET seq = excluded.seq, due = 'message'
WHERE n.seq < excluded.seq
RETURNING account_id, subscription_id
"""  # noqa: S608 - constants only


class NewMessage(NamedTuple):
    """A message that may notify."""

    seq: int
    sender_id: UUID
    created_at: datetime


class Readers(NamedTuple):
    """Members with subscriptions, by their read positions. `last`: the end of the page, None if it is the last one."""

    chat_type: str
    read_seqs: Mapping[UUID, int]
    last: UUID | None


async def list_messages(
    connection: DatabaseConnection, chat_id: UUID, first_seq: int, until: datetime, limit: int
) -> list[NewMessage]:
    """Returns messages from a number on that were sent until a time, the newest first. Deleted ones are left out."""
    return [NewMessage(*row) for row in await connection.fetch(_LIST_MESSAGES, chat_id, first_seq, until, limit)]


async def list_readers(connection: DatabaseConnection, chat_id: UUID, after: UUID, limit: int) -> Readers | None:
    """Returns a page of the members of a chat that have subscriptions. None if the chat was deleted.

    It reads the smaller of the two lists.
    """
    chats = await connection.fetch(_FIND_CHAT, chat_id)
    if not chats:
        return None
    chat_type, member_count = chats[0]
    statement = _BY_SUBSCRIPTIONS if await connection.fetchval(_HAS_FEWER, member_count) else _BY_MEMBERS
    rows = await connection.fetch(statement, chat_id, after, limit)
    found = {row["account_id"]: row["read_seq"] for row in rows if row["read_seq"] is not None}
    return Readers(chat_type, found, rows[-1]["account_id"] if len(rows) == limit else None)


async def list_subscribed(connection: DatabaseConnection, chat_ids: Collection[UUID], most: int) -> set[UUID]:
    """Returns the chats in which a member has a subscription. If more than `most` members and subscriptions would have
    to be compared, it assumes so.
    """
    return {row["id"] for row in await connection.fetch(_LIST_SUBSCRIBED, list(chat_ids), most)}


async def add_notifications(
    connection: DatabaseConnection, chat_id: UUID, chosen: Mapping[UUID, int], at: datetime
) -> Collection[tuple[UUID, UUID]]:
    """Makes messages due on all devices of accounts. Returns the account and the id of those with a newer message."""
    accounts: Sequence[UUID] = list(chosen)
    rows = await connection.fetch(_ADD, at, chat_id, accounts, [chosen[account_id] for account_id in accounts])
    return [(row["account_id"], row["subscription_id"]) for row in rows]
