"""Several processes write their metrics to one folder, and each can report those of all."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.fastapi_engine.metrics_folder import metrics_folder
from app.utils.metrics import render
from app.utils.processes import METRICS_VARIABLE

_WORKER = """
import sys
from app.modules.messages_module.services.metrics import SENDS_WRITTEN
from app.modules.sockets_module.services.metrics import SOCKETS

SENDS_WRITTEN.inc(5)
SOCKETS.set(3)
print("counted", flush=True)
sys.stdin.read()
"""


_SERVER = """
import sys
from app.fastapi_engine.metrics_folder import metrics_folder

with metrics_folder() as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


@contextmanager
def worker(project_root: Path, folder: Path) -> Iterator[None]:
    """A process that has sent five messages, and has three sockets until the end of the block."""
    with subprocess.Popen(
        [sys.executable, "-c", _WORKER],
        cwd=project_root,
        env=os.environ | {METRICS_VARIABLE: str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "counted\n"
        yield
        process.kill()


def test_counters_of_an_ended_process_stay_and_its_gauges_disappear(project_root: Path, tmp_path: Path) -> None:
    with worker(project_root, tmp_path):
        with worker(project_root, tmp_path):
            both = render(tmp_path).decode()
        one = render(tmp_path).decode()
    none = render(tmp_path).decode()
    assert 'messenger_sends_total{outcome="written"} 10.0' in both
    assert "messenger_sockets 6.0" in both
    assert 'messenger_sends_total{outcome="written"} 10.0' in one
    assert "messenger_sockets 3.0" in one
    assert 'messenger_sends_total{outcome="written"} 10.0' in none
    assert "messenger_sockets " not in none
    assert "process_" not in both


def test_an_ended_process_whose_id_another_user_has_now_is_not_reported(
    project_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(pid: int, signal: int) -> None:
        raise PermissionError(pid, signal)

    with worker(project_root, tmp_path):
        pass
    monkeypatch.setattr(os, "kill", kill)
    rendered = render(tmp_path).decode()
    assert 'messenger_sends_total{outcome="written"} 5.0' in rendered
    assert "messenger_sockets " not in rendered


def test_a_process_starts_after_the_folder_was_removed(project_root: Path, tmp_path: Path) -> None:
    """As by a cleaner of temporary files."""
    folder = tmp_path / "removed"
    assert b"messenger_sockets" not in render(folder)
    folder.rmdir()
    with worker(project_root, folder):
        assert "messenger_sockets 3.0" in render(folder).decode()


@contextmanager
def server(project_root: Path) -> Iterator[Path]:
    """The folder of a server that is killed at the end of the block."""
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER], cwd=project_root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield Path(process.stdout.readline().strip())
        process.kill()


def test_a_server_removes_the_folders_of_killed_ones_but_of_no_running_one(project_root: Path) -> None:
    with server(project_root) as running:
        with server(project_root) as left:
            assert left.is_dir()
        with metrics_folder() as own:
            assert not left.exists()
            assert running.is_dir()
            assert Path(own).is_dir()
        assert not Path(own).exists()
    with metrics_folder():
        assert not running.exists()
