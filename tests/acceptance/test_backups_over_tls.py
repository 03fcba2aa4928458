"""Backups on a server that refuses connections without TLS. The certificate is made by openssl, which PostgreSQL's
package brings."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from app.adapters.db.address import DatabaseAddress
from tests.acceptance.own_servers import give_to_postgres, server_of, system_binaries
from tests.adapters.embedded.support import open_folder
from tests.databases import execute, fetch
from tests.manage import manage
from tests.processes import free_port


class Server(NamedTuple):
    """A server with TLS, and its Unix socket."""

    address: DatabaseAddress
    socket: DatabaseAddress
    certificate: Path


@pytest.fixture
def server() -> Iterator[Server]:
    folder = open_folder()
    certificate, key, access = folder / "certificate.pem", folder / "key.pem", folder / "pg_hba.conf"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(certificate), "-keyout", str(key)]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)
    give_to_postgres(key)
    access.write_text("local all all trust\nhostssl all all 127.0.0.1/32 trust\n")
    tls = {"ssl": "on", "ssl_cert_file": certificate, "ssl_key_file": key, "hba_file": access}
    try:
        with server_of(system_binaries(), free_port(), listen_addresses="127.0.0.1", **tls) as socket:
            yield Server(replace(socket, host="127.0.0.1", database="messenger"), socket, certificate)
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("mode", ["prefer", "verify-full"])
async def test_a_backup_and_a_restore_use_tls_as_the_server_does(server: Server, tmp_path: Path, mode: str) -> None:
    file, table = str(tmp_path / "monday.dump"), replace(server.socket, database="messenger")
    access = {"PGSSLMODE": mode, "PGSSLROOTCERT": str(server.certificate)}
    await execute(server.socket, "CREATE DATABASE messenger")
    await execute(table, "CREATE TABLE precious AS SELECT 1 AS number")
    for arguments in (("migrate",), ("backup", file)):
        result = await manage(server.address, "db", *arguments, **access)
        assert result.exit_code == 0, result.output
    await execute(table, "DROP TABLE precious")
    restored = await manage(server.address, "db", "restore", file, "--yes", **access)
    assert restored.exit_code == 0, restored.output
    assert [row["number"] for row in await fetch(table, "SELECT number FROM precious")] == [1]
