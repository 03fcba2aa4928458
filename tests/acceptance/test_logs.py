"""What the server writes to its log, and what it never writes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from loguru import logger

from app.settings import Settings
from app.settings.log import LogFormat, LogSettings
from app.utils.logs import setup_logging
from tests.adapters.embedded.support import eventually
from tests.fakers import API, PASSWORD
from tests.processes import RunningServer, clean_environment, copy_project

WRONG_PASSWORD = "wrong-horse-battery"
JSON = {"Content-Type": "application/json"}


@contextmanager
def visited(project: Path, data_dir: Path, **variables: str) -> Iterator[tuple[RunningServer, list[str]]]:
    """A server that was used; with the secrets that were sent to it and received."""
    with RunningServer(project, data_dir, API_RELOAD="false", **variables) as server:
        server.wait_until_ready()
        with httpx.Client(base_url=server.base_url + API, timeout=60) as http:
            name = f"log_{server.port}"
            account = {"email": f"{name}@example.com", "username": name, "password": PASSWORD}
            assert http.post("/accounts/sign-up", json=account).status_code == 201
            login = {"login": name, "password": WRONG_PASSWORD}
            assert http.post("/accounts/sign-in", json=login).status_code == 401
            pair = http.post("/accounts/sign-in", json=login | {"password": PASSWORD}).json()
            new = http.post("/accounts/refresh", json={"refresh_token": pair["refresh_token"]}).json()
            bearer = {"Authorization": f"Bearer {new['access_token']}", "X-Request-ID": "asked-by-me"}
            assert http.get("/accounts?query=whom-i-look-for", headers=bearer).status_code == 200
            # Not JSON at all: neither the answer nor the log repeats it.
            assert (
                http.post("/accounts/sign-in", content=f'{{"password": "{PASSWORD}"', headers=JSON).status_code == 422
            )
            assert http.get("/%0aforged").status_code == 404
        yield server, [PASSWORD, WRONG_PASSWORD, "whom-i-look-for", *_tokens(pair), *_tokens(new)]
        server.process.terminate()
        server.process.wait(30)


def _tokens(pair: dict[str, str]) -> list[str]:
    return [pair["access_token"], pair["refresh_token"]]


@pytest.fixture(scope="module")
def data_dir(place: Path) -> Path:
    return place / "postgres-of-logs"


def test_each_request_has_one_line_with_its_id_and_no_secret(project: Path, data_dir: Path) -> None:
    with visited(project, data_dir, LOG_FORMAT="json") as (server, secrets):
        pass
    lines = [json.loads(line) for line in server.output.splitlines()]
    assert all({"time", "level", "logger", "message", "request_id"} <= line.keys() for line in lines)
    assert not [line for line in lines if "Pool" in line["message"]], "a library logs lines of its own"
    mine = [line for line in lines if line["request_id"] == "asked-by-me"]
    assert [line["message"].split()[:3] for line in mine] == [["GET", f"{API}/accounts", "200"]]
    asked = [line["message"].split()[1] for line in lines if line["message"].startswith(("GET ", "POST "))]
    assert asked.count(f"{API}/accounts/sign-in") == 3
    assert asked.count(f"{API}/%0aforged") == 1
    assert [secret for secret in secrets if secret in server.output] == []


def test_a_reloaded_server_migrates_in_the_chosen_format(place: Path) -> None:
    folder = place / "reloaded"
    folder.mkdir()
    project = copy_project(folder)
    with RunningServer(project, folder / "postgres", API_RELOAD="true", LOG_FORMAT="json") as server:
        server.wait_until_ready()
        create = [sys.executable, "manage.py", "module", "create", "notes"]
        subprocess.run(create, cwd=project, env=clean_environment({}), check=True, capture_output=True)
        assert eventually(lambda: server.output.count("started with the modules") == 2, 60), server.output
    messages = [json.loads(line)["message"] for line in server.output.splitlines()]
    assert messages.count("migrating the database") == 2


def test_the_text_format_has_one_line_per_request_too(project: Path, data_dir: Path) -> None:
    with visited(project, data_dir, LOG_LEVEL="TRACE", LOG_WRITE_TO_FILE="true") as (server, secrets):
        pass
    lines = server.output.splitlines()
    assert all(line[:4].isdigit() for line in lines), server.output
    mine = [line for line in lines if " asked-by-me " in line and f" GET {API}/accounts 200 " in line]
    assert len(mine) == 1
    assert [secret for secret in secrets if secret in server.output] == []
    written = project / "logs" / f"messenger-{server.process.pid}.log"
    assert written.read_text(encoding="utf-8").splitlines() == lines


def test_logging_can_be_switched_off(project: Path, data_dir: Path) -> None:
    with visited(project, data_dir, LOG_ENABLE="false") as (server, _):
        pass
    assert server.output == ""
    assert not (project / "logs" / f"messenger-{server.process.pid}.log").exists()


def test_an_error_is_one_line_of_json_with_its_traceback(
    base_settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    setup_logging(LogSettings(format=LogFormat.JSON, write_to_file=False))
    try:
        secret = " ".join(("not", "for", "the", "log"))
        try:
            raise ValueError(len(secret))
        except ValueError:
            logger.exception("failed")
    finally:
        setup_logging(base_settings.log)
    line = json.loads(capsys.readouterr().err)
    assert line["message"] == "failed"
    assert line["exception"].startswith("Traceback")
    assert line["exception"].rstrip().endswith("ValueError: 15")
    assert secret not in line["exception"]
