"""Several serving processes: a dead one is replaced, and a slow one is not taken for dead."""

import os
import signal
import threading
from pathlib import Path

import httpx
import pytest
import uvicorn
from loguru import logger

from app.fastapi_engine.patched.workers import Worker
from tests.adapters.embedded.support import eventually
from tests.processes import READY_SECONDS, RunningServer


@pytest.fixture(scope="module")
def data_dir(place: Path) -> Path:
    return place / "postgres-of-workers"


def test_two_workers_serve_and_a_killed_one_is_replaced(project: Path, data_dir: Path) -> None:
    with RunningServer(project, data_dir, API_WORKERS="2") as server:
        server.wait_until_ready()
        assert eventually(lambda: len(server.workers()) == 2)
        first, second = server.workers()
        os.kill(first, signal.SIGKILL)
        # The other one may still be starting, so wait for it first.
        assert eventually(lambda: len(server.workers()) == 2 and first not in server.workers(), READY_SECONDS)
        assert second in server.workers()
        assert eventually(lambda: f"worker {first} has ended with status -{signal.SIGKILL}\n" in server.output)
        assert server.answers("/healthcheck/ready")
        for _ in range(20):
            httpx.get(f"{server.base_url}/healthcheck/live", timeout=60).raise_for_status()
        counted = 'http_request_seconds_count{method="GET",route="/healthcheck/live",status="200"} 20.0'

        def is_counted() -> bool:
            return counted in httpx.get(f"{server.base_url}/metrics", timeout=60).text

        # A worker counts a request after it has sent the answer.
        assert eventually(is_counted)
        assert all(is_counted() for _ in range(6))


def test_the_metrics_of_workers_are_not_on_a_disk(project: Path, data_dir: Path, tmp_path: Path) -> None:
    """On a full disk a write into a shared file would end the process by SIGBUS, and each that takes its place."""
    with RunningServer(project, data_dir, API_WORKERS="2", TMPDIR=str(tmp_path)) as server:
        server.wait_until_ready()
        has_memory = Path("/dev/shm").is_dir()  # noqa: S108 - Linux has it, others have no such files
        assert len(list(tmp_path.glob("messenger-metrics-*"))) == (0 if has_memory else 1)
        assert "messenger_sockets 0.0" in httpx.get(f"{server.base_url}/metrics", timeout=60).text


def make_workers_late(folder: Path, seconds: int) -> None:
    """Makes workers start late, as on a busy machine, if the folder is in PYTHONPATH."""
    late = f"import sys, time\nif '--multiprocessing-fork' in sys.argv: time.sleep({seconds})\n"
    (folder / "sitecustomize.py").write_text(late)


def test_a_worker_that_starts_slowly_is_not_killed(project: Path, data_dir: Path, tmp_path: Path) -> None:
    """If slow ones were killed, none would ever serve."""
    make_workers_late(tmp_path, 7)
    with RunningServer(project, data_dir, API_WORKERS="2", PYTHONPATH=str(tmp_path)) as server:
        server.wait_until_ready()
        assert "does not answer" not in server.output


def test_the_death_of_a_starting_worker_is_noticed_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_workers_late(tmp_path, 600)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    worker = Worker(uvicorn.Config("nothing:there"), [])
    worker.start()
    watching = threading.Thread(target=worker.is_alive, args=(600,), daemon=True)
    watching.start()
    watching.join(1)
    assert watching.is_alive()
    worker.process.kill()
    watching.join(60)
    assert not watching.is_alive()
    worker.process.join()


def test_a_worker_that_does_not_answer_is_killed_and_the_log_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_workers_late(tmp_path, 600)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    worker = Worker(uvicorn.Config("nothing:there"), [])
    worker.start()
    assert not worker.is_alive(0.1)
    lines: list[str] = []
    sink = logger.add(lines.append, level="WARNING", format="{message}")
    worker.kill()
    logger.remove(sink)
    worker.join()
    assert worker.exitcode == -signal.SIGKILL
    assert lines == [f"worker {worker.pid} does not answer and is killed\n"]
