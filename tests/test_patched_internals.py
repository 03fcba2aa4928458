"""What the code relies on in libraries beyond their documented API: the table is docs/adr/0020-patched-internals.md.

If an upgrade changes one of these, a test fails here. Review the difference, adapt the code if needed, then write down
the new digest."""

import ast
import asyncio
import inspect
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import fields
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import asyncpg
import httptools
import pytest
from alembic.runtime.migration import MigrationContext
from fastapi import FastAPI, routing
from fastapi.dependencies import utils as dependencies
from fastapi.dependencies.models import Dependant
from packaging.requirements import Requirement
from packaging.version import Version
from pydantic import BaseModel, ConfigDict
from sqlalchemy import QueuePool
from starlette.middleware.cors import CORSMiddleware
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.supervisors.multiprocess import Multiprocess, Process
from websockets.frames import Frame, Opcode, apply_mask  # type: ignore[attr-defined]
from websockets.protocol import Protocol, State
from websockets.server import ServerProtocol

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import DriverConnection, PooledConnection
from app.settings import PROJECT_ROOT
from tests.processes import clean_environment

PATCHED = "app/fastapi_engine/patched"

REVIEWED: tuple[tuple[str, Callable[..., object], str], ...] = (
    (f"{PATCHED}/http_protocol.py", HttpToolsProtocol, "62ab517589db2824"),
    (f"{PATCHED}/http_protocol.py", RequestResponseCycle, "301abdc0ebcf06f4"),
    (f"{PATCHED}/http_protocol.py", FlowControl, "2ced883c050e9d1b"),
    (f"{PATCHED}/responses.py", RequestResponseCycle, "301abdc0ebcf06f4"),
    (f"{PATCHED}/websocket_protocol.py", WebSocketsSansIOProtocol, "913024e7f4803801"),
    (f"{PATCHED}/frame_reading.py", Protocol.recv_frame, "3c2a3127fe803484"),
    (f"{PATCHED}/frame_reading.py", Protocol.fail, "62efcddbf22b8c30"),
    (f"{PATCHED}/workers.py", Process, "d8b42d17807583bd"),
    (f"{PATCHED}/workers.py", Multiprocess, "58c94e1ed6158cd2"),
    ("app/fastapi_engine/route_index.py", FastAPI.build_middleware_stack, "ed8a982dfedfc95f"),
    ("app/fastapi_engine/route_index.py", routing.APIRouter.app, "43f99d5615c82d93"),
    ("app/fastapi_engine/route_index.py", routing.APIRoute.handle, "9d33e9c27976e318"),
    ("app/dependencies/hot_route.py", dependencies.solve_dependencies, "19825365bd06b12b"),
    ("app/dependencies/hot_route.py", dependencies.request_params_to_args, "e028df88c5ead125"),
    ("app/dependencies/hot_route.py", dependencies.request_body_to_args, "8ae56248184ce989"),
    ("app/fastapi_engine/middlewares/cors_middleware.py", CORSMiddleware, "f00ef0a1254f9f71"),
    ("app/adapters/db/connection.py", asyncpg.Connection._cancel_current_command, "585bce0899414e20"),  # type: ignore[attr-defined]
    ("app/adapters/db/session_pool.py", QueuePool._do_get, "b14c6dd7c3771475"),
    ("app/adapters/db/session_pool.py", QueuePool._do_return_conn, "4ae3d0db155965df"),
    ("app/adapters/db/migrations/env.py", MigrationContext.run_migrations, "86177da522eec799"),
)
"""Each file, the function it overrides or depends on, and the digest of the reviewed source."""

INTERNAL = (
    "alembic.runtime",
    "asyncpg.",
    "fastapi.dependencies.",
    "fastapi.middleware.asyncexitstack",
    "sqlalchemy.util",
    "uvicorn.config",
    "uvicorn.protocols",
    "uvicorn.supervisors.multiprocess",
    "websockets.frames",
    "websockets.protocol",
)
"""Undocumented modules of libraries, or documented ones of which undocumented parts are used."""
MAY_IMPORT_INTERNALS = {place for place, _, _ in REVIEWED} | {
    f"{PATCHED}/client_frames.py",
    f"{PATCHED}/upgrades.py",
    "app/dependencies/scopes.py",
}
BOUNDED = "alembic asyncpg fastapi httptools nats-py prometheus-client sqlalchemy starlette uvicorn websockets"


def digest_of(reviewed: Callable[..., object]) -> str:
    """Returns the digest of a function, or of all functions of a class."""
    members = vars(reviewed).values() if inspect.isclass(reviewed) else [reviewed]
    functions = [getattr(member, "fget", None) or getattr(member, "__func__", member) for member in members]
    sources = [textwrap.dedent(inspect.getsource(function)) for function in functions if inspect.isfunction(function)]
    return sha256("".join(sources).encode()).hexdigest()[:16]


@pytest.mark.parametrize(("place", "relied_on", "digest"), REVIEWED)
def test_the_overridden_code_is_what_was_reviewed(place: str, relied_on: Callable[..., object], digest: str) -> None:
    assert (PROJECT_ROOT / place).is_file()
    library = relied_on.__module__.partition(".")[0]
    found = digest_of(relied_on)
    assert found == digest, (
        f"{library} {version(library)} has changed {relied_on.__qualname__}, which {place} relies on: "
        f"read the difference, correct the place if needed, then write {found} into this list"
    )


def test_internals_are_used_in_the_listed_places_only() -> None:
    for file in sorted((PROJECT_ROOT / "app").rglob("*.py")):
        name = file.relative_to(PROJECT_ROOT).as_posix()
        if "/tests/" in name or "/templates/" in name or name in MAY_IMPORT_INTERNALS:
            continue
        found = [module for module in imported(file) if module.startswith(INTERNAL) or "._" in module]
        assert not found, f"{name} imports {found}: use the documented API, or add the place to the list and to the ADR"


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("library", BOUNDED.split())
def test_no_minor_release_without_a_review_is_installed(library: str) -> None:
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    allowed = {requirement.name: requirement.specifier for requirement in map(Requirement, project["dependencies"])}
    reviewed = Version(version(library))
    later = f"{reviewed.major}.{reviewed.minor + 1}"
    assert library in allowed, f"pyproject.toml does not declare {library}, whose internals are relied on"
    assert reviewed in allowed[library]
    assert later not in allowed[library], f"pyproject.toml allows {library} {later}, which was not reviewed"


def test_no_dependency_has_a_parameter_that_hot_routes_do_not_know() -> None:
    """A new kind of parameter would be ignored silently: app/dependencies/hot_route.py."""
    known = """
        path_params query_params header_params cookie_params body_params dependencies name call request_param_name
        websocket_param_name http_connection_param_name response_param_name background_tasks_param_name
        security_scopes_param_name own_oauth_scopes parent_oauth_scopes use_cache path scope concurrency
    """
    assert {field.name for field in fields(Dependant)} == set(known.split()), (
        "Dependant has fields that HotRoute ignores"
    )


class Callbacks:
    """The callbacks of the parser of httptools."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        if name == b"wrong":
            raise LookupError(value)

    def on_body(self, body: bytes) -> None:
        self.bodies.append(body)


def test_the_http_parser_passes_on_the_exception_of_a_callback() -> None:
    with pytest.raises(httptools.HttpParserError) as caught:
        httptools.HttpRequestParser(Callbacks()).feed_data(b"GET / HTTP/1.1\r\nwrong: x\r\n\r\n")
    assert isinstance(caught.value.__context__, LookupError), "httptools no longer chains what a callback raised"


def test_the_http_parser_stops_after_the_head_of_an_upgrade_request() -> None:
    head = b"POST / HTTP/1.1\r\nconnection: upgrade\r\nupgrade: h2c\r\ncontent-length: 3\r\n\r\n"
    parser = httptools.HttpRequestParser(Callbacks())
    with pytest.raises(httptools.HttpParserUpgrade) as offer:
        parser.feed_data(head + b"abc")
    assert offer.value.args[0] == len(head), "httptools no longer says where the head of an offer ends"


def masked(opcode: Opcode, data: bytes, *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=True)


def test_the_frame_parser_counts_the_size_of_a_fragmented_message() -> None:
    """frame_reading.py reads it, and resets it before a close frame, which may come between two fragments."""
    connection = ServerProtocol(state=State.OPEN)
    connection.receive_data(masked(Opcode.TEXT, b"abc", fin=False))
    assert connection.current_size == 3
    connection.receive_data(masked(Opcode.CONT, b"de", fin=False))
    assert connection.current_size == 5
    connection.receive_data(masked(Opcode.CONT, b"f"))
    assert connection.current_size is None
    connection.receive_data(masked(Opcode.TEXT, b"abc", fin=False))
    connection.current_size = None
    connection.receive_data(masked(Opcode.CLOSE, b"\x03\xe8"))
    assert connection.parser_exc is None
    assert connection.close_rcvd is not None
    assert connection.close_rcvd.code == 1000
    assert b"".join(connection.data_to_send()) == b"\x88\x02\x03\xe8"


def test_the_mask_is_applied_by_the_library_in_c() -> None:
    assert apply_mask(b"\x01\x02\x03\x04\x05", b"\xff\x00\xff\x00") == b"\xfe\x02\xfc\x04\xfa"
    assert inspect.isbuiltin(apply_mask), "websockets was installed without its speedups: each frame costs more"


def test_the_file_of_a_live_gauge_has_the_process_id_in_its_name(tmp_path: Path) -> None:
    """app/utils/metrics.py finds ended processes by these names."""
    program = "from prometheus_client import Gauge; Gauge('a', 'b', multiprocess_mode='livesum')"
    environment = clean_environment({"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)})
    process = subprocess.Popen([sys.executable, "-c", program], env=environment)
    assert process.wait() == 0
    assert [file.name for file in tmp_path.iterdir()] == [f"gauge_livesum_{process.pid}.db"]


def test_a_field_of_a_frozen_model_is_read_from_its_dictionary() -> None:
    """The requests of a socket get the same object as value: app/modules/sockets_module/services/requests.py."""

    class Data(BaseModel):
        model_config = ConfigDict(frozen=True)
        value: str

    data, same = Data(value="a"), "".join(["b", "c"])
    data.__dict__["value"] = same
    assert data.value is same
    assert data.model_dump() == {"value": "bc"}


async def test_an_abandoned_statement_of_the_pool_finishes_before_the_next_one_starts(
    postgres: DatabaseAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.adapters.db.connection._FINISH_TIMEOUT", 20.0)
    connection = await asyncpg.connect(**postgres.connect_arguments(), connection_class=PooledConnection)
    statement = "SELECT pg_sleep(1), set_config('application_name', 'finished', false)"
    given_up = asyncio.create_task(connection.execute(statement))
    await asyncio.sleep(0.05)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert await connection.fetchval("SHOW application_name") == "finished"
    await connection.close()


async def test_an_abandoned_statement_outside_the_pool_ends_with_its_connection(postgres: DatabaseAddress) -> None:
    connection = await asyncpg.connect(**postgres.connect_arguments(), connection_class=DriverConnection)
    with pytest.raises(Exception, match="TimeoutError"):
        await connection.execute("SELECT pg_sleep(60)", timeout=0.05)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert connection.is_closed(), "asyncpg no longer calls _cancel_current_command for a statement that is given up"
