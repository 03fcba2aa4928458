"""A server that is killed at chosen steps, with its database, its mailbox, and another server that goes on."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx
import pytest

from app.modules.mail_module.tests.mailbox import Mailbox, mail_server
from app.settings import PROJECT_ROOT
from tests.adapters.embedded.support import open_folder
from tests.fakers import eventually
from tests.faults.scene.postgres import Postgres
from tests.server_processes import ServerProcess
from tests.wire import Wire, wire_to

_JOBS = "SELECT count(*) FROM job"
_MAIL_JOBS = f"{_JOBS} WHERE lane = 'mail'"
_POSTPONE_PERIODIC_JOBS = "UPDATE job_schedule SET next_at = next_at + interval '1 hour'"
_WRITE = "SELECT pg_logical_emit_message(true, 'test', '')"
_WAITS = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep')"
# Such a transaction is stored, but nothing knows of it yet, not even the server that commits it. Locks are released
# last.
_IS_COMMITTED = """
SELECT EXISTS (
    SELECT FROM pg_stat_activity JOIN pg_locks USING (pid)
    WHERE wait_event = 'SyncRep' AND relation = '{}'::regclass AND mode = 'RowExclusiveLock'
)
"""
_SECONDS = 120.0


@dataclass
class KilledServer:
    """The server and the processes around it. `other` serves on the same database, and sends no mails."""

    postgres: Postgres
    mailbox: Mailbox
    wire: Wire
    """Between the server and the mailbox."""
    process: ServerProcess
    http: httpx.AsyncClient
    other: ServerProcess
    other_http: httpx.AsyncClient

    def kill(self) -> None:
        self.process.process.kill()
        self.process.process.wait()

    async def start(self) -> None:
        self.process.start()
        await asyncio.to_thread(self.process.wait_until_ready)

    async def until_mails_are_sent(self) -> None:
        await self._until_none(_MAIL_JOBS)

    async def until_mail_with(self, subject: str) -> None:
        async def is_there() -> bool:
            return subject in [mail["Subject"] for mail in self.mailbox.mails]

        await eventually(is_there, _SECONDS)

    async def until_mail_is_being_sent(self) -> None:
        async def is_connected() -> bool:
            return bool(self.wire.ends)

        await eventually(is_connected, _SECONDS)

    def killed_by(self, step: Literal["after_data", "before_end"]) -> Awaitable[None]:
        """Kills the server as soon as its next mail has reached this step. Returns what is done then."""
        killed = asyncio.get_running_loop().create_future()

        def kill() -> None:
            setattr(self.mailbox, step, lambda: None)
            self.kill()
            killed.set_result(None)

        setattr(self.mailbox, step, kill)
        return killed

    async def kill_after_commit(self, table: str, request: Awaitable[httpx.Response]) -> None:
        """Kills the server after the commit of a request, which writes to the table, and before its answer."""
        # Else a job could write to it first.
        await self.postgres.query(_POSTPONE_PERIODIC_JOBS)
        await self._until_none(_JOBS)
        async with self._held_commits():
            asking = asyncio.ensure_future(request)

            async def is_committed() -> bool:
                return bool(await self.postgres.query(_IS_COMMITTED.format(table)))

            await eventually(is_committed, _SECONDS)
            self.kill()
            with pytest.raises(httpx.TransportError):
                await asking

    async def _until_none(self, count: str) -> None:
        async def is_none() -> bool:
            return not await self.postgres.query(count)

        await eventually(is_none, _SECONDS)

    @asynccontextmanager
    async def _held_commits(self) -> AsyncIterator[None]:
        """Until the end of the block each transaction is stored, and then waits for a standby that does not exist."""
        await self._configure("SET synchronous_standby_names = 'missing'")
        writing = asyncio.ensure_future(self.postgres.query(_WRITE))

        async def does_wait() -> bool:
            nonlocal writing
            if writing.done():
                # The new setting was not in use yet.
                writing = asyncio.ensure_future(self.postgres.query(_WRITE))
            return bool(await self.postgres.query(_WAITS))

        try:
            await eventually(does_wait, _SECONDS)
            yield
        finally:
            await self._configure("RESET synchronous_standby_names")
            await writing

    async def _configure(self, change: str) -> None:
        await self.postgres.query(f"ALTER SYSTEM {change}")
        await self.postgres.query("SELECT pg_reload_conf()")


@asynccontextmanager
async def killed_server(logs: Path) -> AsyncIterator[KilledServer]:
    async with AsyncExitStack() as stack:
        folder = open_folder()
        stack.callback(shutil.rmtree, folder)
        postgres = Postgres(folder / "postgres")
        address = await postgres.start()
        stack.push_async_callback(postgres.stop)
        mailbox = await stack.enter_async_context(mail_server())
        wire = await stack.enter_async_context(wire_to("127.0.0.1", mailbox.port))
        variables = {
            "MAIL_URL": f"smtp://{wire.address}",
            "MAIL_FROM": "chat@example.org",
            "API_PUBLIC_URL": "https://chat.example.org",
        }
        processes, clients = [], []
        for name, background in (("server", "true"), ("other", "false")):
            own = variables | {"API_BACKGROUND": background}
            process = ServerProcess(address, logs / f"{name}.log", ("main.py",), PROJECT_ROOT, **own)
            stack.push_async_callback(asyncio.to_thread, process.stop)
            await asyncio.to_thread(process.wait_until_ready)
            processes.append(process)
            client = httpx.AsyncClient(base_url=f"http://{process.address}", timeout=_SECONDS)
            clients.append(await stack.enter_async_context(client))
        yield KilledServer(postgres, mailbox, wire, processes[0], clients[0], processes[1], clients[1])
