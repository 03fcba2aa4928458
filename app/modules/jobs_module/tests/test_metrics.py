"""What the metrics say of waiting jobs."""

import pytest

from app.adapters.db.connection import Connection
from app.modules.jobs_module.services import runner
from app.modules.jobs_module.tests.sample_jobs import enqueuing, noting, process
from app.utils.container import Container
from app.utils.metrics import REGISTRY
from tests.fakers import eventually


async def test_a_lane_that_no_process_runs_has_no_waiting_jobs_once_they_are_cancelled(
    container: Container, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_MEASURE", 0.05)
    job = noting("removed", lane="removed")
    await enqueuing(container, job).enqueue(job)

    async def is_counted() -> bool:
        return _measured("waiting") == 1 and (_measured("oldest_due_seconds") or 0) > 0

    async def is_forgotten() -> bool:
        return (_measured("waiting"), _measured("oldest_due_seconds")) == (0, 0)

    async with process(container, noting()):
        await eventually(is_counted)
        await connection.execute("DELETE FROM job")
        await eventually(is_forgotten)


def _measured(what: str) -> float | None:
    return REGISTRY.get_sample_value(f"messenger_jobs_{what}", {"lane": "removed"})
