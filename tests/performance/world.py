"""The environment of a measurement: the servers, the database, users with tokens and their chats.

Each is created at its first use, so that a run of one scenario starts only what it needs."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import uuid4

import psutil

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.embedded import EmbeddedPostgres
from app.adapters.db.embedded.binaries import find_binaries
from app.adapters.db.embedded.folder import DataFolder
from app.settings import PROJECT_ROOT
from tests.performance import fill
from tests.performance.baselines import orm
from tests.performance.load.http import ask
from tests.performance.load.websocket import Socket
from tests.performance.servers import Server, asgi_app, children_of, messenger, script, worker
from tests.performance.usage import cpu_seconds
from tests.processes import end_as_by_ctrl_c, free_port

API = "/api/v1"
PASSWORD = "correct horse battery"
_BASELINES = Path(__file__).parent / "baselines"
_LOOPBACK = "127.0.0.1"
_numbers = count(1)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class User:
    id: str
    username: str
    token: str


class _ListeningPostgres(EmbeddedPostgres):
    """Listens on a TCP port, too, for clients without Unix sockets."""

    @property
    def tcp_address(self) -> DatabaseAddress:
        return replace(self.address, host=_LOOPBACK)

    def _settings(self, host: str, port: int) -> dict[str, str]:
        return super()._settings(host, port) | {"listen_addresses": _LOOPBACK}

    @staticmethod
    def _choose_address(folder: DataFolder) -> tuple[str, int]:
        return EmbeddedPostgres._choose_address(folder)[0], free_port()


class World:
    """A context. At its end everything that was started ends."""

    def __init__(
        self,
        *,
        quick: bool,
        workers: int = 1,
        data: Path = PROJECT_ROOT / ".data" / "bench",
        project: Path = PROJECT_ROOT,
        listens: bool = False,
        has_worker: bool = False,
    ) -> None:
        """`project` is the folder of the application, or of a copy of it. `listens`: PostgreSQL has a TCP port.

        `has_worker`: subscribers and jobs run in a process of their own.
        """
        self.quick = quick
        self._listens = listens
        self._has_worker = has_worker
        self.data = data
        self._stack = ExitStack()
        self._running = ExitStack()
        self._workers = workers
        self._project = project

    def __enter__(self) -> Self:
        end_as_by_ctrl_c()
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(parents=True)
        self._stack.callback(shutil.rmtree, self.data, ignore_errors=True)
        self.start_messenger(self._workers, self._project)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._running.close()
        if error is not None and not isinstance(error, KeyboardInterrupt):
            # The logs have the reason.
            self._stack.pop_all()
        self._stack.close()

    def start_messenger(
        self, workers: int, project: Path = PROJECT_ROOT, more: Mapping[str, str] | None = None
    ) -> None:
        """Starts the server, again if necessary: on the same data, with another number of processes, with `more`
        settings."""
        self._running.close()
        folder = self.data / "postgres"
        address = self._running.enter_context(_ListeningPostgres(folder)).tcp_address if self._listens else None
        background = {"API_BACKGROUND": "false"} if self._has_worker else {}
        self.messenger = self._running.enter_context(
            messenger(folder, workers=workers, database=address, project=project, more={**background, **(more or {})})
        )
        found = EmbeddedPostgres.running(self.data / "postgres")
        assert found is not None, "the server has no database"
        self.database = address or found
        if self._has_worker:
            self.messenger.worker = self._running.enter_context(worker(found, self.data / "worker.log"))

    def postgres_processes(self) -> list[psutil.Process]:
        return children_of(None if self._listens else self.messenger.process.pid, lambda name: name == "postgres")

    def cpu_seconds(self) -> float:
        """Returns what the server and its database have used."""
        return cpu_seconds([*self.messenger.family(), *self.postgres_processes()])

    # Users and chats.

    def sign_up(self) -> User:
        name = f"bench_{next(_numbers)}"
        body = {"email": f"{name}@example.com", "password": PASSWORD, "username": name}
        account = ask(self.messenger.address, "POST", f"{API}/accounts/sign-up", body)
        tokens = ask(self.messenger.address, "POST", f"{API}/accounts/sign-in", {"login": name, "password": PASSWORD})
        return User(account["id"], name, tokens["access_token"])

    @cached_property
    def users(self) -> list[User]:
        """Sixteen users."""
        return [self.sign_up() for _ in range(16)]

    def open_chat(self, owner: User, *others: User) -> str:
        body = {"type": "group", "title": "Bench", "member_ids": [other.id for other in others]}
        return str(self.call(owner, "POST", "/chats", body)["id"])

    @cached_property
    def chats(self) -> list[str]:
        """Eight chats of all sixteen users."""
        return self._analyzed([self.open_chat(*self.users) for _ in range(8)])

    @cached_property
    def alone(self) -> list[tuple[User, str]]:
        """Sixteen more users, each with a chat of their own without other members."""
        return self._analyzed([(user, self.open_chat(user)) for user in [self.sign_up() for _ in range(16)]])

    def _analyzed(self, made: T) -> T:
        """As autovacuum would within a minute: plans from before are not used."""
        self.psql(self.database, "ANALYZE")
        return made

    def call(self, user: User, method: str, path: str, body: Any = None) -> Any:
        return ask(self.messenger.address, method, f"{API}{path}", body, user.token)

    def socket(self, user: User) -> Socket:
        return Socket(self.messenger.address, f"{API}/ws", {"token": user.token})

    # Servers to compare with.

    @cached_property
    def echo(self) -> Server:
        return self._stack.enter_context(asgi_app("baselines.echo:app", self.data / "echo.log"))

    @cached_property
    def broadcast(self) -> Server:
        return self._stack.enter_context(script("baselines/broadcast.py", self.data / "broadcast.log"))

    @cached_property
    def orm(self) -> Server:
        address = self.create_database("bench_orm")
        asyncio.run(orm.create_tables(address))
        settings = {orm.ADDRESS: json.dumps(address.connect_arguments())}
        server = asgi_app("baselines.orm:app", self.data / "orm.log", settings)
        return self._stack.enter_context(server)

    @cached_property
    def orm_chats(self) -> list[str]:
        """Eight chats in the ORM's database."""
        assert self.orm
        chats = [uuid4() for _ in range(8)]

        async def insert() -> None:
            connection = await fill.connect(self.database.with_database("bench_orm"))
            await connection.executemany("INSERT INTO chat (id, last_seq) VALUES ($1, 0)", [(chat,) for chat in chats])
            await connection.close()

        asyncio.run(insert())
        return [str(chat) for chat in chats]

    @cached_property
    def pgbench_database(self) -> DatabaseAddress:
        address = self.create_database("bench_pgbench")
        self.psql(address, (_BASELINES / "one_message_tables.sql").read_text(encoding="utf-8"))
        return address

    @property
    def pgbench_script(self) -> Path:
        return _BASELINES / "one_message.sql"

    def psql(self, address: DatabaseAddress, statements: str) -> None:
        async def run() -> None:
            connection = await fill.connect(address)
            try:
                await connection.execute(statements)
            finally:
                await connection.close()

        # A scenario may call this inside its own event loop.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, run()).result()

    def pgbench(self, *arguments: str) -> subprocess.Popen[str]:
        address = self.pgbench_database
        return subprocess.Popen(
            [find_binaries() / "pgbench", *arguments],
            env={
                "PGHOST": address.host,
                "PGPORT": str(address.port),
                "PGUSER": address.user,
                "PGPASSWORD": address.password,
                "PGDATABASE": address.database,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def create_database(self, name: str) -> DatabaseAddress:
        self.psql(self.database.with_database("postgres"), f'CREATE DATABASE "{name}"')
        return self.database.with_database(name)
