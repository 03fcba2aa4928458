"""Starting and stopping the server process."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from anyio import to_thread

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.embedded import EmbeddedPostgres
from tests.adapters.embedded.support import eventually, is_gone, postmaster_of, query
from tests.fakers import API, PASSWORD
from tests.processes import (
    GONE_SECONDS,
    READY_SECONDS,
    RunningServer,
    clean_environment,
    copy_project,
    free_port,
    is_free,
    run,
)
from tests.wire import wire_to

MODES = {
    "reloading": {"API_RELOAD": "true"},
    "alone": {"API_RELOAD": "false"},
    "two workers": {"API_WORKERS": "2"},
}
ENDINGS = {signal.SIGINT: 0, signal.SIGTERM: 0, signal.SIGKILL: -signal.SIGKILL}
_numbers = count(1)


class Talker:
    """Sends one message after another from a thread of its own, and keeps the acknowledged ones."""

    def __init__(self, server: RunningServer) -> None:
        self.http = httpx.Client(base_url=server.base_url + API, timeout=10)
        name = f"talker_{next(_numbers)}"
        account = {"email": f"{name}@example.com", "username": name, "password": PASSWORD}
        self.http.post("/accounts/sign-up", json=account).raise_for_status()
        tokens = self.http.post("/accounts/sign-in", json={"login": name, "password": PASSWORD}).raise_for_status()
        self.http.headers["Authorization"] = f"Bearer {tokens.json()['access_token']}"
        chat = self.http.post("/chats", json={"type": "group", "title": "Стойкость"}).raise_for_status()
        self.chat_id = str(chat.json()["id"])
        self.acknowledged: list[str] = []
        self._thread = threading.Thread(target=self._talk)

    @contextmanager
    def talking(self) -> Iterator[None]:
        """Sends until the server no longer answers. The block starts while messages are being sent."""
        self._thread.start()
        assert eventually(lambda: len(self.acknowledged) >= 20, 30)
        yield
        self._thread.join()
        self.http.close()

    def _talk(self) -> None:
        try:
            for number in count(1):
                text = f"№ {number}"
                answer = self.http.post(f"/chats/{self.chat_id}/messages", json={"text": text})
                if answer.status_code != 201:
                    return
                self.acknowledged.append(text)
        except httpx.TransportError:
            return


@pytest.fixture(scope="module")
def data_dir(place: Path) -> Path:
    """One folder for all tests: each starts with the data of the previous one."""
    return place / "postgres-of-processes"


# `kill -9` of a server alone is in tests/test_conversation_survives_kill.py.
@pytest.mark.parametrize(
    ("mode", "how"),
    [
        pytest.param(mode, how, id=f"{mode}-{how.name}")
        for mode in MODES
        for how in ENDINGS
        if (mode, how) != ("alone", signal.SIGKILL)
    ],
)
def test_nothing_keeps_running_and_nothing_is_lost_however_the_server_ends(
    project: Path, data_dir: Path, mode: str, how: signal.Signals
) -> None:
    with RunningServer(project, data_dir, **MODES[mode]) as server:
        server.wait_until_ready()
        processes = int(MODES[mode].get("API_WORKERS", 1))
        assert eventually(lambda: server.output.count(": started with the modules") == processes, READY_SECONDS)
        family = server.family()
        talker = Talker(server)
        with talker.talking():
            assert server.end(how) == ENDINGS[how], server.output
        assert eventually(lambda: all(map(is_gone, family)), GONE_SECONDS), server.output
        assert is_free(server.port)
        assert "Traceback" not in server.output
        if mode == "two workers" and how is not signal.SIGKILL:
            assert server.output.count(": stopped\n") == 2, "the last lines are not written"

    with EmbeddedPostgres(data_dir) as postgres:
        statement = f"SELECT text FROM message WHERE chat_id = '{talker.chat_id}' ORDER BY seq"  # noqa: S608 - our id
        kept = query(postgres.address, statement)
    # The last one may have been stored while its answer was on the way.
    assert kept.splitlines()[: len(talker.acknowledged)] == talker.acknowledged


@pytest.mark.parametrize("mode", MODES)
def test_a_server_whose_postgresql_ends_by_itself_ends_with_a_failure_and_the_next_one_serves(
    project: Path, data_dir: Path, mode: str
) -> None:
    with RunningServer(project, data_dir, **MODES[mode]) as server:
        server.wait_until_ready()
        family = server.family()
        os.kill(postmaster_of(data_dir), signal.SIGKILL)
        assert server.process.wait(GONE_SECONDS) == 1, server.output
        assert server.output.count("the server ends: its PostgreSQL has ended") == 1
        assert eventually(lambda: all(map(is_gone, family)), GONE_SECONDS), server.output
    with RunningServer(project, data_dir, **MODES[mode]) as server:
        server.wait_until_ready()


def test_a_second_server_on_the_same_folder_names_the_first(project: Path, data_dir: Path) -> None:
    with RunningServer(project, data_dir, API_RELOAD="false") as server:
        server.wait_until_ready()
        refused = run(
            project, API_SERVICE_PORT=str(free_port()), PG_EMBEDDED_DATA_DIR=str(data_dir), LOG_LEVEL="WARNING"
        )
        assert refused.returncode != 0
        assert f"process {server.process.pid}" in refused.stderr
        assert refused.stderr.count("\n") == 1
        assert server.answers("/healthcheck/ready")


def test_a_command_attaches_to_the_running_server(project: Path, data_dir: Path) -> None:
    with RunningServer(project, data_dir, API_RELOAD="false") as server:
        server.wait_until_ready()
        done = subprocess.run(
            [sys.executable, "manage.py", "db", "migrate"],
            cwd=project,
            env=clean_environment({"PG_EMBEDDED_DATA_DIR": str(data_dir)}),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout == "database messenger is up to date\n"


def test_an_external_database_is_migrated_at_the_start(project: Path, postgres: DatabaseAddress) -> None:
    name = f"test_own_{uuid4().hex[:12]}"
    query(postgres, f"CREATE DATABASE {name} TEMPLATE template0", database="postgres")
    address = postgres.with_database(name)
    with RunningServer(project, Path("never-made"), **address.variables(), API_RELOAD="false") as server:
        server.wait_until_ready()
        Talker(server).http.close()
        assert server.end(signal.SIGTERM) == 0
    assert query(address, "SELECT count(*) FROM account") == "1"
    query(postgres, f"DROP DATABASE {name} WITH (FORCE)", database="postgres")
    assert not (project / "never-made").exists()


async def test_an_unavailable_database_is_awaited_at_the_start_and_migrated(
    project: Path, empty_database: DatabaseAddress
) -> None:
    async with wire_to(empty_database.host, empty_database.port) as wire:
        wire.cut()
        address = replace(empty_database, host="127.0.0.1", port=wire.port)
        with RunningServer(project, Path("never-made"), **address.variables(), API_RELOAD="false") as server:
            assert await to_thread.run_sync(server.answers, "/healthcheck/live"), server.output
            assert not await to_thread.run_sync(server.answers, "/healthcheck/ready", 0)
            assert f"waiting for database {address.database}: the server does not answer (127.0.0.1:" in server.output
            await wire.restore()
            assert await to_thread.run_sync(server.answers, "/healthcheck/ready"), server.output
            assert "Traceback" not in server.output


def test_a_refusal_by_the_database_stops_the_start_with_one_line(project: Path, postgres: DatabaseAddress) -> None:
    refused = run(project, **postgres.with_database("nowhere").variables(), LOG_LEVEL="ERROR")
    assert refused.returncode == 2
    assert "run `python manage.py db create`" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_changed_file_is_served_at_once(place: Path, data_dir: Path) -> None:
    project = copy_project(place / "changed")
    with RunningServer(project, data_dir) as server:
        server.wait_until_ready()
        first_process, postgres = server.family()[0], EmbeddedPostgres.running(data_dir)
        before = server.workers()
        assert not server.answers("/healthcheck/alive", 0)

        routes = project / "app" / "modules" / "healthcheck_module" / "api.py"
        routes.write_text(routes.read_text().replace('"/live"', '"/alive"'))

        assert server.answers("/healthcheck/alive"), server.output
        assert set(before).isdisjoint(server.workers())
        # The first process and its PostgreSQL have not restarted.
        assert server.family()[0] == first_process
        assert EmbeddedPostgres.running(data_dir) == postgres
        assert server.answers("/healthcheck/ready")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"ENVIRONMENT": "PROD", "AUTH_SECRET": "short"}, "AUTH_SECRET"),
        ({"APPLICATION_ENABLED_MODULES": "BASE,nonsense"}, "known: accounts, attachments, base, "),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(f"{key}={text}" for key, text in value.items()),
)
def test_an_impossible_start_is_refused_in_one_line(
    project: Path, place: Path, variables: dict[str, str], expected: str
) -> None:
    refused = run(project, PG_EMBEDDED_DATA_DIR=str(place / "never-made"), **variables)
    assert refused.returncode != 0
    assert expected in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert not (place / "never-made").exists()
