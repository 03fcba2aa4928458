"""Checks of messages and reactions for `doctor`."""

from app.utils.invariants import Invariant

INVARIANTS = (
    Invariant(
        says="no message has a sequence number above last_seq of its chat",
        find="""
            SELECT c.id AS stream_id, format('last_seq is %s, the newest message %s', c.last_seq, max(m.seq)) AS detail
            FROM chat c JOIN message m ON m.chat_id = c.id AND m.seq > c.last_seq GROUP BY c.id
        """,
        advice="sends fail; --fix sets last_seq to the sequence number of the newest message",
        fix=(
            """
            UPDATE chat c SET last_seq = greatest(c.last_seq, newest.seq)
            FROM (SELECT chat_id, max(seq) AS seq FROM message WHERE chat_id = ANY($1) GROUP BY chat_id) newest
            WHERE c.id = newest.chat_id
            """,
        ),
    ),
    Invariant(
        says="messages are numbered from 1 to last_seq without gaps",
        find="""
            SELECT c.id AS stream_id, format('1 to %s should be there, %s are', c.last_seq, count(m.*)) AS detail
            FROM chat c LEFT JOIN message m ON m.chat_id = c.id AND m.seq BETWEEN 1 AND c.last_seq
            WHERE c.deleted_at IS NULL GROUP BY c.id HAVING count(m.*) <> c.last_seq
        """,
        advice="messages are lost: restore them from a backup; their sequence numbers must not be reused",
    ),
    Invariant(
        says="reaction_count is the number of reactions",
        find="""
            SELECT m.chat_id AS stream_id, format('message %s counts %s, there are %s', m.seq, m.reaction_count,
                   coalesce(given.count, 0)) AS detail
            FROM message m
            FULL JOIN (SELECT chat_id, seq, count(*) FROM reaction GROUP BY chat_id, seq) given USING (chat_id, seq)
            WHERE m.reaction_count <> coalesce(given.count, 0)
        """,
        advice="--fix counts the reactions again",
        fix=(
            """
            UPDATE message m SET reaction_count = given.count
            FROM (
                SELECT m.chat_id, m.seq, count(r.*) FROM message m LEFT JOIN reaction r USING (chat_id, seq)
                WHERE m.chat_id = ANY($1) GROUP BY m.chat_id, m.seq
            ) given
            WHERE m.chat_id = given.chat_id AND m.seq = given.seq AND m.reaction_count <> given.count
            """,
        ),
    ),
    Invariant(
        says="no event contains a text that its message no longer has",
        find="""
            SELECT m.chat_id AS stream_id, format('message %s: event %s', m.seq, e.seq) AS detail
            FROM message m JOIN event e ON e.stream_id = m.chat_id AND e.seq = ANY(m.event_seqs)
            WHERE m.edited_at IS NOT NULL AND e.data->>'text' NOT IN (m.text, '')
        """,
        advice="an edit by an older version left it there; --fix removes it",
        fix=(
            """
            UPDATE event e SET data = jsonb_set(e.data::jsonb, '{text}', '""')::json
            FROM message m
            WHERE m.chat_id = ANY($1) AND e.stream_id = m.chat_id AND e.seq = ANY(m.event_seqs)
              AND m.edited_at IS NOT NULL AND e.data->>'text' NOT IN (m.text, '')
            """,
        ),
    ),
)
