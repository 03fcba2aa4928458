"""Checks of the search index for `doctor`.

A message counts once the subscriber has handled the last event that holds its content.
"""

from app.utils.invariants import Invariant

_REBUILD = "`python manage.py search rebuild` creates a new index while the server runs"

INVARIANTS = (
    Invariant(
        says="the search index contains the current texts of messages",
        find="""
            SELECT m.chat_id AS stream_id, format('message %s is missing, or indexed as it was before', m.seq) AS detail
            FROM message m
            JOIN chat ON chat.id = m.chat_id AND chat.deleted_at IS NULL
            JOIN subscriber_cursor c ON c.stream_id = m.chat_id AND c.subscriber = 'search'
            LEFT JOIN search_message s ON s.chat_id = m.chat_id AND s.sent_at = m.created_at AND s.seq = m.seq
            WHERE m.deleted_at IS NULL AND m.event_seqs[cardinality(m.event_seqs)] <= c.seq
              AND s.revision IS DISTINCT FROM m.event_seqs[cardinality(m.event_seqs)]
              AND (SELECT state FROM search_build) = 'ready'
        """,
        advice=_REBUILD,
    ),
    Invariant(
        says="the search index contains no deleted message",
        find="""
            SELECT s.chat_id AS stream_id, format('message %s', s.seq) AS detail
            FROM search_message s
            JOIN subscriber_cursor c ON c.stream_id = s.chat_id AND c.subscriber = 'search' AND c.seq >= s.revision
            JOIN chat ON chat.id = s.chat_id
            LEFT JOIN message m ON m.chat_id = s.chat_id AND m.seq = s.seq
            WHERE (chat.purged_at IS NOT NULL OR chat.deleted_at IS NULL AND m.deleted_at IS NOT NULL) AND NOT EXISTS (
                SELECT FROM event e WHERE e.stream_id = s.chat_id AND e.seq > c.seq AND e.kind = 'message.deleted'
            )
        """,
        advice="--fix deletes its words from the index",
        fix=(
            """
            DELETE FROM search_message s USING chat c
            WHERE s.chat_id = ANY($1) AND c.id = s.chat_id AND (c.purged_at IS NOT NULL OR EXISTS (
                SELECT FROM message m WHERE m.chat_id = s.chat_id AND m.seq = s.seq AND m.deleted_at IS NOT NULL
            ))
            """,
        ),
    ),
    Invariant(
        says="a sample of messages is found by their longest words",
        find="""
            SELECT s.chat_id AS stream_id, format('message %s is not found by %s', s.seq, longest.lexeme) AS detail
            FROM (SELECT * FROM search_message ORDER BY chat_id, sent_at LIMIT 100) s
            CROSS JOIN LATERAL (
                SELECT lexeme FROM unnest(s.tsv) ORDER BY length(lexeme) DESC, lexeme LIMIT 1
            ) longest
            WHERE NOT EXISTS (
                SELECT FROM (
                    SELECT f.chat_id, f.seq FROM search_message f
                    WHERE f.tsv @@ concat('''', replace(replace(
                        longest.lexeme, '\\', '\\\\'), '''', ''''''), '''')::tsquery
                    OFFSET 0
                ) found
                WHERE found.chat_id = s.chat_id AND found.seq = s.seq
            )
        """,
        advice=_REBUILD,
    ),
)
