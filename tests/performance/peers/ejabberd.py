"""ejabberd: rooms with an archive in PostgreSQL, and a minimal XMPP client."""

import asyncio
import selectors
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from app.adapters.db.address import DatabaseAddress
from tests.performance import fill
from tests.performance.load.http import TEXT, Address, LoadError, connect, run_closed
from tests.performance.outcome import Outcome
from tests.performance.servers import Server, running, wait_until
from tests.processes import free_port

_PASSWORD = "correct horse battery"
# Each message of a room is stored before it is delivered. Nothing is limited that the messenger does not limit here.
_CONFIGURATION = """
hosts: [localhost]
loglevel: warning
listen:
  - {{port: {port}, ip: "127.0.0.1", module: ejabberd_c2s, shaper: none, access: all}}
acl: {{}}
auth_method: [sql]
default_db: sql
sql_type: pgsql
sql_server: "{database.host}"
sql_port: {database.port}
sql_database: "{database.database}"
sql_username: "{database.user}"
sql_password: "{database.password}"
sql_pool_size: 10
modules:
  mod_mam: {{db_type: sql, default: always}}
  mod_muc:
    db_type: sql
    history_size: 0
    max_user_conferences: 1000
    min_message_interval: 0
    default_room_options: {{mam: true, persistent: true, public: true}}
"""
_STREAM = (
    b"<stream:stream to='localhost' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
    b"version='1.0'>"
)


@contextmanager
def ejabberd(root: Path, data: Path, database: DatabaseAddress) -> Iterator[Server]:
    """Runs ejabberd on an empty database."""
    port = free_port()
    data.mkdir()
    tables = (root / "usr/share/ejabberd/sql/pg.sql").read_text(encoding="utf-8")
    asyncio.run(_execute(database, tables))
    configuration = data / "ejabberd.yml"
    configuration.write_text(_CONFIGURATION.format(port=port, database=database), encoding="utf-8")
    erlang = root / "usr/lib/erlang"
    (program,) = erlang.glob("erts-*/bin/erlexec")
    code = next((root / "usr/lib").glob("*/ejabberd-*/ebin"))
    command = [str(program), "-noinput", "-pa", str(code), "-mnesia", "dir", f'"{data}/mnesia"', "-s", "ejabberd"]
    environment = {
        "ROOTDIR": str(erlang),
        "BINDIR": str(program.parent),
        "EMU": "beam",
        "PROGNAME": "erl",
        "HOME": str(data),
        "EJABBERD_CONFIG_PATH": str(configuration),
        "EJABBERD_LOG_PATH": str(data / "ejabberd.log"),
        "ERL_CRASH_DUMP": str(data / "crash.dump"),
        "LD_LIBRARY_PATH": str(code.parents[1]),
    }
    with running(command, environment, data / "output.log", data) as process:
        server = Server(process, ("127.0.0.1", port))
        wait_until(server, None)
        yield server


async def _execute(database: DatabaseAddress, statements: str) -> None:
    connection = await fill.connect(database)
    await connection.execute(statements)
    await connection.close()


class RoomMember:
    """A connected user in a room. It sends one message after the other, each when it has received the one before."""

    def __init__(self, address: Address, name: str, room: str) -> None:
        self.socket = connect(address)
        self.started = 0.0
        self._name = name
        self._room = f"{room}@conference.localhost"
        self._received = b""
        self._numbers = count()
        self._expected = b""
        secret = b64encode(f"\0{name}\0{_PASSWORD}".encode())
        self._ask(_STREAM, b"</stream:features>")
        self._ask(b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>%b</auth>" % secret, b"<success")
        self._ask(_STREAM, b"</stream:features>")
        self._ask(b"<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>", b"</iq>")
        self._ask(
            f"<presence to='{self._room}/{name}'><x xmlns='http://jabber.org/protocol/muc'/></presence>".encode(),
            b"<status code='110'/>",
        )

    def send(self, began: float) -> None:
        self.started = began
        message_id = f"{self._name}-{next(self._numbers)}"
        self._expected = f"id='{message_id}'".encode()
        stanza = f"<message to='{self._room}' type='groupchat' id='{message_id}'><body>{TEXT}</body></message>"
        self.socket.sendall(stanza.encode())

    def receive(self) -> bool:
        """Returns True if the own message has come back from the room."""
        part = self.socket.recv(1 << 18)
        if not part or b"type='error'" in part:
            raise LoadError(part.decode(errors="replace"))
        self._received = self._received[-100:] + part
        return self._expected in self._received

    def _ask(self, request: bytes, expected: bytes) -> None:
        self.socket.sendall(request)
        self._received = b""
        while expected not in self._received:
            part = self.socket.recv(1 << 18)
            if not part or b"<failure" in part or b"type='error'" in part:
                raise LoadError((self._received + part).decode(errors="replace"))
            self._received += part


async def create_users(database: DatabaseAddress, names: Sequence[str]) -> None:
    connection = await fill.connect(database)
    await connection.executemany(
        "INSERT INTO users (username, password) VALUES ($1, $2)", [(name, _PASSWORD) for name in names]
    )
    await connection.close()


def run_rooms(members: Sequence[RoomMember], seconds: float) -> Outcome:
    """Lets each member send messages. A message is done when its sender has received it."""
    with selectors.DefaultSelector() as selector:
        for member in members:
            selector.register(member.socket, selectors.EVENT_READ, member)
        return run_closed(selector, members, seconds)
