"""indexes of members, former members and threads of large chats"""

import sqlalchemy as sa
from alembic import op

revision: str = "d5b80f2e6a17"
down_revision: str | None = "c4a19e7d3f60"
branch_labels: str | None = None
depends_on: str | None = None

_INDEXES = (
    ("ix_chat_member_joined_event_seq", "chat_member", ["chat_id", "joined_event_seq"], "joined_event_seq >= 0"),
    ("ix_former_member_left_event_seq", "former_member", ["chat_id", "left_event_seq"], "left_event_seq >= 0"),
    ("ix_thread_reply_sender_id", "thread_reply", ["chat_id", "root_seq", "sender_id", "seq"], "seq >= 0"),
    ("ix_thread_participant_first_seq", "thread_participant", ["chat_id", "root_seq", "first_seq"], "first_seq >= 0"),
)


def upgrade() -> None:
    # The tables go on being written meanwhile. One that was begun before, and broken off, is no index.
    with op.get_context().autocommit_block():
        for name, table, columns, condition in _INDEXES:
            op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
            op.create_index(name, table, columns, postgresql_where=sa.text(condition), postgresql_concurrently=True)


def downgrade() -> None:
    for name, table, _, _ in _INDEXES:
        op.drop_index(name, table_name=table)
