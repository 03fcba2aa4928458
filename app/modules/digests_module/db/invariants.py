"""What `manage.py doctor` checks of digests besides the rows of their own tables."""

from app.utils.invariants import Invariant

NO_MAILS_OF_ERASED = Invariant(
    says="nothing of an erased account is left in mails about unread messages",
    # An erasure has a day to finish.
    find="""
        SELECT DISTINCT j.owner_id AS stream_id, a.username AS detail
        FROM job j JOIN account a ON a.id = j.owner_id AND a.erased_at < now() - interval '1 day'
        WHERE j.name = 'digests.send' AND j.state <> 'running'
    """,
    advice="the accounts were erased while the module was disabled; --fix deletes the mails, which were not sent",
    fix=("DELETE FROM job WHERE owner_id = ANY($1) AND name = 'digests.send' AND state <> 'running'",),
)
