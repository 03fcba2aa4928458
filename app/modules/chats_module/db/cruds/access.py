"""Who may do what in a chat, in hand-written SQL: asked at every request about a chat."""

from dataclasses import dataclass
from uuid import UUID

from app.modules.streams_module.services.log import Executor

_FIND = """
SELECT c.type, c.owner_id, c.member_count, c.last_seq, m.role, m.read_seq, m.joined_event_seq
FROM chat c JOIN chat_member m ON m.chat_id = c.id AND m.account_id = $2
WHERE c.id = $1 AND c.deleted_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's place in a chat, as it was when it was read."""

    chat_id: UUID
    account_id: UUID
    chat_type: str
    role: str
    owner_id: UUID | None
    member_count: int
    last_seq: int
    read_seq: int
    joined_event_seq: int


async def find_membership(connection: Executor, chat_id: UUID, account_id: UUID) -> Membership | None:
    """None for strangers and former members, and for a chat that is deleted or never was."""
    rows = await connection.fetch(_FIND, chat_id, account_id)
    if not rows:
        return None
    row = rows[0]
    return Membership(
        chat_id,
        account_id,
        row["type"],
        row["role"],
        row["owner_id"],
        row["member_count"],
        row["last_seq"],
        row["read_seq"],
        row["joined_event_seq"],
    )
