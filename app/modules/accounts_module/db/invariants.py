"""The invariants of accounts, checked by `manage.py doctor`."""

from app.utils.invariants import Invariant

INVARIANTS = (
    Invariant(
        says="every account has a stream",
        find="""
            SELECT a.id AS stream_id, format('%s has no stream', a.username) AS detail
            FROM account a LEFT JOIN stream s ON s.id = a.id WHERE s.id IS NULL
        """,
        advice="the account cannot join chats; --fix creates the stream again, empty",
        fix=("INSERT INTO stream (id) SELECT id FROM account WHERE id = ANY($1) ON CONFLICT (id) DO NOTHING",),
    ),
    Invariant(
        says="every mailbox has only one account",
        find="""
            SELECT a.id AS stream_id, format('%s and %s have the mailbox %s', b.username, a.username, a.email_key)
                   AS detail
            FROM account a JOIN account b ON b.email_key = a.email_key AND b.email_copy = 0 WHERE a.email_copy > 0
        """,
        advice="these accounts are older than this rule; they sign in by username or by the stored address: "
        "`python manage.py account change-email USERNAME` gives one of them another address",
    ),
    Invariant(
        says="every address of an account has its canonical form",
        find="""
            SELECT id AS stream_id, format('%s cannot sign in by its address', username) AS detail
            FROM account WHERE email IS NOT NULL AND email_key IS NULL
        """,
        advice="these accounts signed up through an older version during an upgrade: `python manage.py account "
        "change-email USERNAME ADDRESS` with the account's own address adds it, or with another one if the mailbox has "
        "got another account since",
    ),
)
