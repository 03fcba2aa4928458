"""Checks of jobs for `doctor`: dead jobs, and due jobs that no process runs."""

from app.utils.invariants import Invariant

INVARIANTS = (
    Invariant(
        says="no job is dead",
        find="""
            SELECT owner_id AS stream_id,
                   format('job %s (%s) failed %s times: %s', id, name, attempts, last_error) AS detail
            FROM job WHERE state = 'dead' ORDER BY created_at
        """,
        advice="`python manage.py jobs list --state dead` shows them; use `jobs retry` or `jobs cancel`",
    ),
    Invariant(
        says="no due job has waited for more than 5 minutes",
        find="""
            SELECT owner_id AS stream_id, format('job %s (%s) waits since %s', id, name, due_at) AS detail
            FROM job, greatest(coalesce(leased_until, run_at), created_at) AS due_at
            WHERE state <> 'dead' AND due_at < now() - interval '5 minutes'
            ORDER BY due_at
        """,
        advice="enable its module and run jobs, with API_BACKGROUND=true or by `python manage.py worker`; if the "
        "module was removed: `python manage.py jobs cancel`",
    ),
)
