"""A port that another program uses is reported in one line, also if that one was bound at the same time."""

import socket
from pathlib import Path

import pytest

from tests.acceptance.test_processes import MODES
from tests.adapters.embedded.support import eventually, is_gone
from tests.processes import GONE_SECONDS, READY_SECONDS, RunningServer, run

_GATE = """
import sys, time
from pathlib import Path

class Gate:
    def find_spec(self, name, path=None, target=None):
        while name == "app.fastapi_engine.app" and not Path({opened!r}).exists():
            time.sleep(0.01)

sys.meta_path.insert(0, Gate())
"""


def test_a_taken_port_is_reported_before_anything_starts(project: Path, place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        refused = run(project, API_SERVICE_PORT=port, PG_EMBEDDED_DATA_DIR=str(place / "never-made"))
    assert refused.returncode != 0
    assert port in refused.stderr
    assert "API_SERVICE_PORT" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert not (place / "never-made").exists()


@pytest.mark.parametrize("mode", ["alone", "two workers"])
def test_a_port_that_another_program_takes_during_the_start_is_reported(
    project: Path, place: Path, tmp_path: Path, mode: str
) -> None:
    """Linux lets two programs bind a port as long as none of them listens."""
    opened = tmp_path / "opened"
    (tmp_path / "sitecustomize.py").write_text(_GATE.format(opened=str(opened)))
    variables = MODES[mode] | {"PYTHONPATH": str(tmp_path)}
    with (
        RunningServer(project, place / "postgres-of-ports", **variables) as server,
        socket.socket() as other,
    ):
        assert eventually(lambda: server.base_url in server.output, READY_SECONDS), server.output
        family = server.family()
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", server.port))
        other.listen()
        opened.touch()
        assert server.process.wait(READY_SECONDS) == 2, server.output
        assert f"cannot listen on 127.0.0.1:{server.port} (" in server.output
        assert "Traceback" not in server.output
        assert eventually(lambda: all(map(is_gone, family)), GONE_SECONDS), server.output
