"""`python manage.py worker`: subscribers and jobs without HTTP. And when work in the background begins and ends."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.database import Database
from app.fastapi_engine.constructor import build_app
from app.settings import PROJECT_ROOT, Settings
from app.utils.background import Background
from tests.fakers import eventually
from tests.manage import variables_for
from tests.processes import clean_environment


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_worker_works_until_it_is_asked_to_end(
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


@pytest.mark.parametrize("is_on", [True, False])
async def test_work_in_the_background_lasts_within_the_life_of_all_modules(settings: Settings, is_on: bool) -> None:
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
