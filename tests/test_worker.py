"""`python manage.py worker`: subscribers and jobs without HTTP; and the start and end of background work."""

import asyncio
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from anyio import to_thread

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.embedded import EmbeddedPostgres
from app.commands.create_database import connected
from app.fastapi_engine.constructor import build_app
from app.settings import PROJECT_ROOT, Settings
from app.utils.background import Background
from tests.adapters.embedded.support import open_folder
from tests.fakers import eventually
from tests.faults.background import add_module, prepare
from tests.manage import variables_for
from tests.processes import clean_environment, copy_project, free_port
from tests.server_processes import ServerProcess
from tests.wire import wire_to

ENQUEUE = """
INSERT INTO job (owner_id, id, name, lane, payload, run_at, created_at)
SELECT id, id, 'battery.remind', 'default', json_build_object('chat_id', id, 'seq', 1, 'due_at', now()), now(), now()
FROM (SELECT gen_random_uuid() AS id) new
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_worker_works_until_it_is_terminated(
    database_address: DatabaseAddress, tmp_path: Path, number: signal.Signals
) -> None:
    output = tmp_path / "output"
    variables = variables_for(database_address) | {"API_BACKGROUND": "false", "LOG_WRITE_TO_FILE": "false"}
    with output.open("wb") as file:
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "manage.py", "worker",
            cwd=PROJECT_ROOT, env=clean_environment(variables), stdout=file, stderr=file,
        )  # fmt: skip
    try:

        async def has_started() -> bool:
            return b"started with the modules" in output.read_bytes() or worker.returncode is not None

        await eventually(has_started, 60)
        worker.send_signal(number)
        assert await asyncio.wait_for(worker.wait(), 30) == 0
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()
    text = output.read_text()
    assert "stopped" in text
    assert "Traceback" not in text


def test_a_worker_needs_the_tables(postgres: DatabaseAddress) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "worker"],
        cwd=PROJECT_ROOT,
        env=clean_environment(variables_for(postgres) | {"LOG_WRITE_TO_FILE": "false"}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "is not migrated: run `python manage.py db migrate`" in done.stderr


def test_a_worker_uses_the_embedded_postgresql_of_the_server_but_does_not_start_it() -> None:
    """Otherwise the server could not start until the worker ends."""
    place = open_folder()
    variables = {"PG_EMBEDDED_DATA_DIR": str(place / "postgres"), "LOG_WRITE_TO_FILE": "false"}
    try:
        alone = run_again(("manage.py", "worker"), variables)
        assert (alone.returncode, alone.stderr) == (2, "the embedded PostgreSQL does not run: start the server first\n")
        assert not (place / "postgres").exists()
        with EmbeddedPostgres(place / "postgres", durable=False):
            beside = run_again(("manage.py", "worker"), variables)
        assert "is not migrated" in beside.stderr
    finally:
        shutil.rmtree(place)


async def test_a_worker_serves_its_metrics_at_the_configured_address(
    database_address: DatabaseAddress, tmp_path: Path
) -> None:
    port = free_port()
    variables = variables_for(database_address) | {"LOG_WRITE_TO_FILE": "false"}
    arguments = ("manage.py", "worker", "--metrics-port", str(port))
    with (tmp_path / "output").open("wb") as output:
        worker = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, cwd=PROJECT_ROOT, env=clean_environment(variables), stdout=output, stderr=output
        )
    try:

        async def reports_the_bus() -> bool:
            try:
                async with httpx.AsyncClient() as http:
                    answer = await http.get(f"http://127.0.0.1:{port}/metrics")
            except httpx.TransportError:
                return worker.returncode is not None
            return "messenger_bus_connected 1.0" in answer.text

        await eventually(reports_the_bus, 60)
        done = await to_thread.run_sync(run_again, arguments, variables)
        assert (done.returncode, done.stderr) == (
            2,
            f"cannot listen on 127.0.0.1:{port} (Address already in use): choose another --metrics-port\n",
        )
        worker.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(worker.wait(), 30) == 0
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()


def run_again(arguments: Sequence[str], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT_ROOT,
        env=clean_environment(variables | {"LOG_LEVEL": "ERROR"}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("program", [("main.py",), ("manage.py", "worker")])
async def test_a_process_ends_in_time_while_a_job_waits_for_a_silent_database(
    database_address: DatabaseAddress, sql: Connection, tmp_path: Path, program: tuple[str, ...]
) -> None:
    project = copy_project(tmp_path)
    add_module(project)
    async with wire_to(database_address.host, database_address.port) as wire:
        place = replace(database_address, host="127.0.0.1", port=wire.port)
        process = ServerProcess(place, tmp_path / "output", program, project)
        try:
            await prepare(sql)
            async with connected(database_address) as blocker:
                await blocker.execute("BEGIN; LOCK TABLE battery_attempts")
                await sql.execute(ENQUEUE)

                async def is_running() -> bool:
                    return bool(await sql.fetchval("SELECT count(*) FROM job WHERE state = 'running'"))

                await eventually(is_running, 60)
                wire.silence()
                await to_thread.run_sync(process.stop, 30)
        finally:
            process.process.kill()
            process.process.wait()
    assert "was destroyed but" not in process.log.read_text()


@pytest.mark.parametrize("is_on", [True, False])
async def test_background_work_can_use_the_services_of_modules_until_it_ends(settings: Settings, is_on: bool) -> None:
    seen: list[str] = []
    app = build_app(replace(settings, app=settings.app.model_copy(update={"background": is_on})))

    @asynccontextmanager
    async def work() -> AsyncIterator[None]:
        async with app.state.container.get(Database).connection() as connection:
            seen.append(f"begins with {await connection.fetchval('SELECT 1')}")
        yield
        async with app.state.container.get(Database).connection() as connection:
            seen.append(f"ends with {await connection.fetchval('SELECT 1')}")

    app.state.container.get(Background).add(work)
    async with app.router.lifespan_context(app):
        pass
    assert seen == (["begins with 1", "ends with 1"] if is_on else [])
