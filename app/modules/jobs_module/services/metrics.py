"""What is counted of jobs."""

from app.utils.metrics import counter, gauge, histogram

JOBS = counter(
    "jobs",
    "attempts of jobs: `succeeded`, `failed` (comes again), `postponed` by the job itself, `dead`, `lost` to another "
    "process, `released` at shutdown",
    ("job", "outcome"),
)
SECONDS = histogram(
    "job_seconds",
    "histogram of seconds that one attempt took",
    ("job",),
    buckets=(0.005, 0.02, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)
WAITING = gauge("jobs_waiting", "jobs that wait, those for later too", ("lane",), multiprocess_mode="livemax")
OLDEST = gauge(
    "jobs_oldest_due_seconds",
    "how long the oldest due job has waited; 0 where none is due",
    ("lane",),
    multiprocess_mode="livemax",
)
