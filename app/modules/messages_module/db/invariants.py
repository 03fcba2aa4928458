"""Checks of messages and reactions for `doctor`."""

from app.utils.invariants import Invariant

_GIVEN = """
SELECT chat_id, seq, sum(people)::int AS count, jsonb_object_agg(emoji, people) AS counts
FROM (SELECT chat_id, seq, emoji, count(*) AS people FROM reaction {chats} GROUP BY chat_id, seq, emoji) AS one
GROUP BY chat_id, seq
"""
_GIVEN_ANYWHERE = _GIVEN.format(chats="")
_GIVEN_THERE = _GIVEN.format(chats="WHERE chat_id = ANY($1)")
# Only totals with this sum are read.
_HELD = """
SELECT jsonb_object_agg(total ->> 'emoji', (total ->> 'count')::int)
FROM json_array_elements(m.reaction_totals) AS total
HAVING sum((total ->> 'count')::int) = m.reaction_count
"""

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
        says="reaction_count and reaction_totals are the numbers of reactions",
        find=f"""
            SELECT m.chat_id AS stream_id, format('message %s counts %s %s, there are %s %s', m.seq, m.reaction_count,
                   m.reaction_totals, coalesce(given.count, 0), given.counts) AS detail
            FROM message m FULL JOIN ({_GIVEN_ANYWHERE}) given USING (chat_id, seq)
            WHERE m.reaction_count <> coalesce(given.count, 0) OR ({_HELD}) <> given.counts
        """,  # noqa: S608 - constants only
        advice="--fix counts the reactions again",
        fix=(
            f"""
            UPDATE message m SET reaction_count = coalesce(now.count, 0), reaction_totals = NULL
            FROM (
                SELECT m.chat_id, m.seq, given.count
                FROM message m LEFT JOIN ({_GIVEN_THERE}) given USING (chat_id, seq)
                WHERE m.chat_id = ANY($1)
                    AND (m.reaction_count <> coalesce(given.count, 0) OR ({_HELD}) <> given.counts)
            ) now
            WHERE m.chat_id = ANY($1) AND m.chat_id = now.chat_id AND m.seq = now.seq
            """,  # noqa: S608 - constants only
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
