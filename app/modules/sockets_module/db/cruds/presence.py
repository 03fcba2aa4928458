"""Presence of accounts, in hand-written SQL. Written every 30 seconds for all sockets of a process at once.

All times are the database's: processes' clocks may differ.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection

_MARK_ONLINE = """
INSERT INTO account_presence (account_id, last_seen_at, online_until)
SELECT account_id, now(), now() + $2::interval FROM unnest($1::uuid[]) AS account_id ORDER BY account_id
ON CONFLICT (account_id) DO UPDATE
    SET last_seen_at = EXCLUDED.last_seen_at,
        online_until = greatest(account_presence.online_until, EXCLUDED.online_until)
RETURNING last_seen_at
"""
_MARK_OFFLINE = """
UPDATE account_presence SET last_seen_at = now(), online_until = now() + $2::interval WHERE account_id = $1
RETURNING online_until
"""
_LAST_SEEN = """
SELECT last_seen_at FROM account_presence WHERE account_id = $1 AND online_until <= $2
"""


async def mark_online(connection: DatabaseConnection, account_ids: Sequence[UUID], lasts: timedelta) -> datetime:
    """Returns the time at which the accounts were seen."""
    seen_at: datetime = await connection.fetchval(_MARK_ONLINE, account_ids, lasts)
    return seen_at


async def mark_offline(connection: DatabaseConnection, account_id: UUID, after: timedelta) -> datetime | None:
    """Returns the time from which the account is offline."""
    online_until: datetime | None = await connection.fetchval(_MARK_OFFLINE, account_id, after)
    return online_until


async def find_last_seen(connection: DatabaseConnection, account_id: UUID, at: datetime) -> datetime | None:
    """Returns when the account was last seen, if it is not online after that time. Otherwise returns None."""
    last_seen_at: datetime | None = await connection.fetchval(_LAST_SEEN, account_id, at)
    return last_seen_at
