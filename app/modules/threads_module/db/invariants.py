"""Checks of threads for `doctor`."""

from app.utils.invariants import Invariant

_REPAIR = (
    """
    DELETE FROM thread_reply r USING message m
    WHERE r.chat_id = ANY($1) AND m.chat_id = r.chat_id AND m.seq = r.seq AND m.deleted_at IS NOT NULL
    """,
    """
    UPDATE thread t SET reply_count = counted.count, last_seq = counted.last_seq
    FROM (
        SELECT t.chat_id, t.root_seq, count(r.seq), max(r.seq) AS last_seq
        FROM thread t LEFT JOIN thread_reply r USING (chat_id, root_seq)
        WHERE t.chat_id = ANY($1) GROUP BY t.chat_id, t.root_seq
    ) counted
    WHERE t.chat_id = counted.chat_id AND t.root_seq = counted.root_seq
    """,
    "DELETE FROM thread_participant WHERE chat_id = ANY($1)",
    """
    INSERT INTO thread_participant (chat_id, root_seq, account_id, first_seq, reply_count)
    SELECT chat_id, root_seq, sender_id, min(seq), count(*) FROM thread_reply
    WHERE chat_id = ANY($1) GROUP BY chat_id, root_seq, sender_id
    """,
)

INVARIANTS = (
    Invariant(
        says="a thread counts its replies that are not deleted",
        find="""
            SELECT t.chat_id AS stream_id,
                   format('thread %s counts %s replies, there are %s', t.root_seq, t.reply_count,
                          coalesce(there.count, 0)) AS detail
            FROM thread t LEFT JOIN (
                SELECT r.chat_id, r.root_seq, count(*), max(r.seq) AS last_seq
                FROM thread_reply r JOIN message m USING (chat_id, seq)
                WHERE m.deleted_at IS NULL GROUP BY r.chat_id, r.root_seq
            ) there USING (chat_id, root_seq)
            JOIN chat c ON c.id = t.chat_id AND c.deleted_at IS NULL
            WHERE t.reply_count <> coalesce(there.count, 0) OR t.last_seq IS DISTINCT FROM there.last_seq
        """,
        advice="replies were deleted while the module was disabled; --fix counts them again",
        fix=_REPAIR,
    ),
    Invariant(
        says="the replies of a thread are those of its participants",
        find="""
            SELECT coalesce(p.chat_id, r.chat_id) AS stream_id,
                   format('thread %s: account %s', coalesce(p.root_seq, r.root_seq),
                          coalesce(p.account_id, r.account_id)) AS detail
            FROM thread_participant p FULL JOIN (
                SELECT chat_id, root_seq, sender_id AS account_id, count(*) FROM thread_reply GROUP BY 1, 2, 3
            ) r USING (chat_id, root_seq, account_id)
            JOIN chat c ON c.id = chat_id AND c.deleted_at IS NULL
            WHERE p.reply_count IS DISTINCT FROM r.count
        """,
        advice="--fix lists the participants again",
        fix=_REPAIR,
    ),
    Invariant(
        says="a reply in a thread names its root",
        find="""
            SELECT r.chat_id AS stream_id, format('message %s of thread %s', r.seq, r.root_seq) AS detail
            FROM thread_reply r JOIN message m USING (chat_id, seq)
            WHERE m.deleted_at IS NULL AND m.parts -> 'root_seq' IS NULL
        """,
        advice="replies were edited while the module was disabled; --fix sets their root again, without an event;"
        " clients see it in their next read",
        fix=(
            """
            UPDATE message m
            SET parts = (coalesce(m.parts::jsonb, '{}') || jsonb_build_object('root_seq', r.root_seq))::json
            FROM thread_reply r
            WHERE r.chat_id = ANY($1) AND m.chat_id = r.chat_id AND m.seq = r.seq
              AND m.deleted_at IS NULL AND m.parts -> 'root_seq' IS NULL
            """,
        ),
    ),
)
