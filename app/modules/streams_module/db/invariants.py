"""Checks of the event log and of subscribers for `doctor`."""

from app.utils.invariants import Invariant

INVARIANTS = (
    Invariant(
        says="no subscriber has halted at an event or set one aside",
        find="""
            SELECT stream_id, format('%s failed at event %s: %s', subscriber, seq, error) AS detail
            FROM subscriber_failure
            UNION ALL
            SELECT stream_id, format('%s has halted after event %s', subscriber, seq) FROM subscriber_cursor
            WHERE is_halted
        """,
        advice="`python manage.py subscribers list` shows them; `retry` or `skip` continues, `forget` removes a "
        "subscriber that no module has",
    ),
    Invariant(
        says="every event belongs to a stream",
        find="""
            SELECT e.stream_id, format('%s events, and no stream', count(*)) AS detail
            FROM event e LEFT JOIN stream s ON s.id = e.stream_id WHERE s.id IS NULL GROUP BY e.stream_id
        """,
        advice="the row of the stream is lost; --fix creates it again from the events",
        fix=(
            """
            INSERT INTO stream (id, first_seq, last_seq)
            SELECT stream_id, min(seq), max(seq) FROM event WHERE stream_id = ANY($1) GROUP BY stream_id
            ON CONFLICT (id) DO NOTHING
            """,
        ),
    ),
    Invariant(
        says="no event has a sequence number above last_seq of its stream",
        find="""
            SELECT s.id AS stream_id, format('last_seq is %s, the newest event %s', s.last_seq, max(e.seq)) AS detail
            FROM stream s JOIN event e ON e.stream_id = s.id AND e.seq > s.last_seq GROUP BY s.id
        """,
        advice="appending fails; --fix sets last_seq to the sequence number of the newest event",
        fix=(
            """
            UPDATE stream s SET last_seq = greatest(s.last_seq, newest.seq)
            FROM (SELECT stream_id, max(seq) AS seq FROM event WHERE stream_id = ANY($1) GROUP BY stream_id) newest
            WHERE s.id = newest.stream_id
            """,
        ),
    ),
    Invariant(
        says="events are numbered from first_seq to last_seq without gaps",
        find="""
            SELECT s.id AS stream_id,
                   format('%s to %s should be there, %s are', s.first_seq, s.last_seq, count(e.seq)) AS detail
            FROM stream s LEFT JOIN event e ON e.stream_id = s.id AND e.seq <= s.last_seq
            GROUP BY s.id
            HAVING count(e.seq) <> s.last_seq - s.first_seq + 1 OR min(e.seq) <> s.first_seq
        """,
        advice="restore them from a backup; otherwise --fix lets the event log start after the gap, and older "
        "cursors get stream_gap",
        fix=(
            """
            UPDATE stream s SET first_seq = coalesce(whole.first_seq, s.last_seq + 1)
            FROM unnest($1::uuid[]) AS requested(id)
            LEFT JOIN LATERAL (
                SELECT min(run.seq) AS first_seq
                FROM (
                    SELECT e.seq, e.seq + row_number() OVER (ORDER BY e.seq DESC) AS sum
                    FROM event e WHERE e.stream_id = requested.id
                ) run
                JOIN stream head ON head.id = requested.id AND run.sum = head.last_seq + 1
            ) whole ON true
            WHERE s.id = requested.id
            """,
            "DELETE FROM event e USING stream s WHERE s.id = ANY($1) AND e.stream_id = s.id AND e.seq < s.first_seq",
        ),
    ),
)
