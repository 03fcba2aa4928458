"""Metrics of jobs."""

from app.utils.metrics import counter, gauge, histogram

JOBS = counter(
    "jobs",
    "attempts to run a job: `succeeded`, `failed` (to be retried), `postponed` by the job or by an unavailable "
    "database, `dead`, `lost` to another process, `released` at shutdown",
    ("job", "outcome"),
)
SECONDS = histogram(
    "job_seconds",
    "histogram of the time of one attempt",
    ("job",),
    buckets=(0.005, 0.02, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)
MOST_COUNTED = 10_000
WAITING = gauge(
    "jobs_waiting",
    f"waiting jobs, including those that are not due yet, up to {MOST_COUNTED:,}",
    ("lane",),
    multiprocess_mode="livemax",
)
OLDEST = gauge(
    "jobs_oldest_due_seconds",
    "waiting time of the oldest due job; 0 if none is due",
    ("lane",),
    multiprocess_mode="livemax",
)
