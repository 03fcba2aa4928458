"""What the server writes to its log: one line per request, in each format."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.fakers import API, PASSWORD
from tests.processes import GONE_SECONDS, RunningServer


@contextmanager
def visited(project: Path, data_dir: Path, **variables: str) -> Iterator[RunningServer]:
    """A server that was used. It ends with the block."""
    with RunningServer(project, data_dir, API_RELOAD="false", **variables) as server:
        server.wait_until_ready()
        with httpx.Client(base_url=server.base_url + API, timeout=60) as http:
            name = f"log_{server.port}"
            account = {"email": f"{name}@example.com", "username": name, "password": PASSWORD}
            assert http.post("/accounts/sign-up", json=account).status_code == 201
            login = {"login": name, "password": "wrong-horse-battery"}
            assert http.post("/accounts/sign-in", json=login).status_code == 401
            pair = http.post("/accounts/sign-in", json=login | {"password": PASSWORD}).json()
            bearer = {"Authorization": f"Bearer {pair['access_token']}", "X-Request-ID": "asked-by-me"}
            assert http.get("/accounts?query=anna", headers=bearer).status_code == 200
            assert http.post("/accounts/sign-in", json={}).status_code == 422
            assert http.get("/%0aforged").status_code == 404
        yield server
        server.process.terminate()
        server.process.wait(GONE_SECONDS)


@pytest.fixture(scope="module")
def data_dir(place: Path) -> Path:
    return place / "postgres-of-logs"


def test_each_request_has_one_line_with_its_id(project: Path, data_dir: Path) -> None:
    with visited(project, data_dir, LOG_FORMAT="json") as server:
        pass
    lines = [json.loads(line) for line in server.output.splitlines()]
    assert all({"time", "level", "logger", "message", "request_id"} <= line.keys() for line in lines)
    assert not [line for line in lines if "Pool" in line["message"]], "a library logs lines of its own"
    mine = [line for line in lines if line["request_id"] == "asked-by-me"]
    assert [line["message"].split()[:3] for line in mine] == [["GET", f"{API}/accounts", "200"]]
    asked = [line["message"].split()[1] for line in lines if line["message"].startswith(("GET ", "POST "))]
    assert asked.count(f"{API}/accounts/sign-in") == 3
    assert asked.count(f"{API}/%0aforged") == 1


def test_the_text_format_has_one_line_per_request_too(project: Path, data_dir: Path) -> None:
    with visited(project, data_dir, LOG_LEVEL="TRACE", LOG_WRITE_TO_FILE="true") as server:
        pass
    lines = server.output.splitlines()
    assert all(line[:4].isdigit() for line in lines), server.output
    mine = [line for line in lines if " asked-by-me " in line and f" GET {API}/accounts 200 " in line]
    assert len(mine) == 1
    written = project / "logs" / f"messenger-{server.process.pid}.log"
    assert written.read_text(encoding="utf-8").splitlines() == lines


def test_logging_can_be_switched_off(project: Path, data_dir: Path) -> None:
    with visited(project, data_dir, LOG_ENABLE="false") as server:
        pass
    assert server.output == ""
    assert not (project / "logs" / f"messenger-{server.process.pid}.log").exists()
