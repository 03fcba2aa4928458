"""A process is killed between two steps of a mail."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.fastapi_engine.constructor import build_app
from app.modules.digests_module.tests.digests import Digests, write_to
from app.modules.mail_module.tests.mailbox import Mailbox, with_mail
from app.settings import PROJECT_ROOT, Settings
from app.utils.container import Container
from tests.fakers import FakeClient, eventually
from tests.manage import variables_for
from tests.processes import READY_SECONDS, clean_environment


@pytest.fixture
def app(settings: Settings, mailbox: Mailbox) -> FastAPI:
    """It leaves the jobs to workers."""
    changes = {"public_url": "https://chat.example.org", "background": False}
    return build_app(with_mail(settings, mailbox, app=settings.app.model_copy(update=changes)))


@asynccontextmanager
async def worker(container: Container, mailbox: Mailbox, output: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    variables = variables_for(container.get(Database).address) | {
        "MAIL_URL": f"smtp://127.0.0.1:{mailbox.port}",
        "API_PUBLIC_URL": "https://chat.example.org",
        "LOG_WRITE_TO_FILE": "false",
    }
    with output.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "manage.py", "worker",
            cwd=PROJECT_ROOT, env=clean_environment(variables), stdout=file, stderr=file,
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_worker_that_is_killed_after_the_mail_was_taken_sends_the_same_mail_again(
    anna: FakeClient,
    boris: FakeClient,
    container: Container,
    connection: Connection,
    mailbox: Mailbox,
    tmp_path: Path,
) -> None:
    digests = Digests(container, connection, mailbox)

    async def has_begun() -> bool:
        return bool(await connection.fetchval("SELECT count(*) FROM job_schedule"))

    async with worker(container, mailbox, tmp_path / "output") as killed:
        await eventually(has_begun, READY_SECONDS)
        await digests.run()
        await digests.verify(anna)
        chat = await write_to(anna, boris, "1", "2")
        await digests.run()
        mailbox.after_data = killed.kill
        await digests.age(61)
        await digests.enqueue()
        await killed.wait()
    assert len(digests.mails_to(anna)) == 1
    mailbox.after_data = lambda: None
    async with worker(container, mailbox, tmp_path / "output"):

        async def is_repeated() -> bool:
            return len(digests.mails_to(anna)) == 2

        await eventually(is_repeated, READY_SECONDS)
        await boris.send(chat, "3")
        await digests.after()
    first, second, third = digests.mails_to(anna)
    assert first["Message-ID"] == second["Message-ID"] != third["Message-ID"]
    assert digests.messages_to(anna) == [f"Борис 🐻: {number}" for number in (1, 2, 1, 2, 3)]
