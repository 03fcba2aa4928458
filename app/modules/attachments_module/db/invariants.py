"""What the tables of files rely on."""

from app.utils.invariants import Invariant

INVARIANTS = (
    Invariant(
        says="an account uses as many bytes as its files have",
        find="""
            SELECT coalesce(u.account_id, a.owner_id) AS stream_id,
                   format('%s bytes are counted, the files have %s', coalesce(u.bytes, 0), coalesce(a.bytes, 0))
                   AS detail
            FROM attachment_usage u
            FULL JOIN (SELECT owner_id, sum(reserved) AS bytes FROM attachment GROUP BY owner_id) a
                ON a.owner_id = u.account_id
            WHERE coalesce(u.bytes, 0) <> coalesce(a.bytes, 0)
        """,
        advice="the quota of these accounts is wrong; --fix counts the bytes again",
        fix=(
            """
            UPDATE attachment_usage u SET bytes = coalesce(
                (SELECT sum(reserved) FROM attachment a WHERE a.owner_id = u.account_id), 0
            ) WHERE u.account_id = ANY($1)
            """,
        ),
    ),
    Invariant(
        says="a file that belongs to a message is in the list of its chat",
        find="""
            SELECT a.chat_id AS stream_id, format('file %s of message %s', a.id, a.seq) AS detail
            FROM attachment a
            WHERE a.chat_id IS NOT NULL AND a.state <> 'deleted' AND NOT EXISTS (
                SELECT FROM message_attachment m
                WHERE m.chat_id = a.chat_id AND m.seq = a.seq AND m.attachment_id = a.id
            )
        """,
        advice="members open it from the message, and not from the list of files: restore a backup, or send it again",
    ),
)
