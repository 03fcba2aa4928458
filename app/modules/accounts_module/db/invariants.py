"""What accounts rely on."""

from app.utils.invariants import Invariant

INVARIANTS = (
    Invariant(
        says="every account has its stream",
        find="""
            SELECT a.id AS stream_id, format('%s has no stream', a.username) AS detail
            FROM account a LEFT JOIN stream s ON s.id = a.id WHERE s.id IS NULL
        """,
        advice="its owner can join no chat: the stream is made anew, empty",
        fix=("INSERT INTO stream (id) SELECT id FROM account WHERE id = ANY($1) ON CONFLICT (id) DO NOTHING",),
    ),
    Invariant(
        says="every mailbox has one account",
        find="""
            SELECT a.id AS stream_id, format('%s and %s have the mailbox %s', b.username, a.username, a.email_key)
                   AS detail
            FROM account a JOIN account b ON b.email_key = a.email_key AND b.email_copy = 0 WHERE a.email_copy > 0
        """,
        advice="they are older than this rule, and sign in by username or by the address as it is stored: "
        "`python manage.py account change-email USERNAME` gives one of them another address",
    ),
)
