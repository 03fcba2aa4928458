"""Synapse, the reference server of Matrix."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from app.adapters.db.address import DatabaseAddress
from tests.performance.load.http import TEXT, Address, MakeRequest, ask, get, request
from tests.performance.servers import Server, running, wait_until
from tests.processes import free_port

_API = "/_matrix/client/v3"
_UNLIMITED = {"per_second": 1_000_000, "burst_count": 1_000_000}
_LOGGING = {
    "version": 1,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"level": "WARNING", "handlers": ["console"]},
}


@contextmanager
def synapse(python: Path, data: Path, database: DatabaseAddress) -> Iterator[Server]:
    """Runs Synapse in one process on an empty database, without limits of rates."""
    port = free_port()
    data.mkdir()
    configuration = {
        "server_name": "localhost",
        "report_stats": False,
        "listeners": [
            {"port": port, "bind_addresses": ["127.0.0.1"], "type": "http", "resources": [{"names": ["client"]}]}
        ],
        "database": {
            "name": "psycopg2",
            "args": {
                "host": database.host,
                "port": database.port,
                "user": database.user,
                "password": database.password,
                "dbname": database.database,
            },
            "allow_unsafe_locale": True,
        },
        "log_config": str(data / "logging.json"),
        "media_store_path": str(data / "media"),
        "signing_key_path": str(data / "signing.key"),
        "pid_file": str(data / "pid"),
        "trusted_key_servers": [],
        "macaroon_secret_key": "only for measurements",
        "form_secret": "only for measurements",
        "enable_registration": True,
        "enable_registration_without_verification": True,
        "bcrypt_rounds": 4,
        "rc_message": _UNLIMITED,
        "rc_registration": _UNLIMITED,
        "rc_joins": {"local": _UNLIMITED, "remote": _UNLIMITED},
        "rc_joins_per_room": _UNLIMITED,
        "rc_login": {"address": _UNLIMITED, "account": _UNLIMITED},
    }
    # JSON is YAML.
    (data / "homeserver.yaml").write_text(json.dumps(configuration), encoding="utf-8")
    (data / "logging.json").write_text(json.dumps(_LOGGING), encoding="utf-8")
    command = [str(python), "-m", "synapse.app.homeserver", "--config-path", str(data / "homeserver.yaml")]
    with running([*command, "--generate-keys"], {}, data / "keys.log", data) as keys:
        keys.wait()
    with running(command, {}, data / "output.log", data) as process:
        server = Server(process, ("127.0.0.1", port))
        wait_until(server, "/health")
        yield server


def register(address: Address, name: str) -> str:
    """Creates an account. Returns its token."""
    account = {"username": name, "password": "correct horse battery", "auth": {"type": "m.login.dummy"}}
    return str(ask(address, "POST", f"{_API}/register", account)["access_token"])


def open_room(address: Address, owner: str, *others: str) -> str:
    """Creates a room of the owners of these tokens. Returns its id."""
    room = str(ask(address, "POST", f"{_API}/createRoom", {"preset": "public_chat"}, owner)["room_id"])
    for token in others:
        ask(address, "POST", f"{_API}/join/{room}", {}, token)
    return room


def sends(address: Address, room: str, token: str, sender: int) -> MakeRequest:
    """Makes sends, with a transaction id each."""
    body = json.dumps({"msgtype": "m.text", "body": TEXT}, ensure_ascii=False).encode()
    numbers = count()
    return lambda: request(
        "PUT", address, f"{_API}/rooms/{room}/send/m.room.message/{sender}-{next(numbers)}", body, token
    )


def history(address: Address, room: str, token: str) -> MakeRequest:
    return get(address, f"{_API}/rooms/{room}/messages?dir=b&limit=50", token)
