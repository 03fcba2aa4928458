"""Debian's PgBouncer for tests, in front of their PostgreSQL."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from app.adapters.db.address import DatabaseAddress
from app.settings.db_settings import Pooler
from tests.adapters.embedded.support import AS_ROOT, ORDINARY, eventually, open_folder
from tests.processes import free_port

# As docs/scaling.md says, but for any database, and with few connections in transaction mode, so that they are shared.
_CONFIG = """
[databases]
* = host={host} port={port} user={user} password={password} {settings}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
max_client_conn = 400
server_login_retry = 1
server_connect_timeout = 3
logfile = {log}
log_connections = 0
log_disconnections = 0
"""
CONNECT_QUERY = (
    "SET statement_timeout = ''4s''; SET lock_timeout = ''2s''; SET idle_in_transaction_session_timeout = ''8s'';"
    " SET jit = off; SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"
)


@contextmanager
def pgbouncer(address: DatabaseAddress, pooler: Pooler) -> Iterator[DatabaseAddress]:
    """Yields the address of the PgBouncer."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "the tests of poolers need PgBouncer: `apt-get update && apt-get install -y pgbouncer`"
    folder = open_folder()
    port = free_port()
    is_session = pooler is Pooler.SESSION
    config = folder / "pgbouncer.ini"
    config.write_text(
        _CONFIG.format(
            host=address.host,
            port=address.port,
            user=address.user,
            password=address.password,
            settings="" if is_session else f"connect_query='{CONNECT_QUERY}'",
            own_port=port,
            mode=pooler,
            size=60 if is_session else 4,
            log=folder / "pgbouncer.log",
        )
    )
    # It does not run as root, and only their owner may use the sockets of the embedded server.
    is_embedded = address.host.startswith("/")
    user = (Path(address.host).stat().st_uid if is_embedded else ORDINARY.pw_uid) if AS_ROOT else None
    if user is not None:
        for path in (folder, config):
            os.chown(path, user, -1)
    process = subprocess.Popen([program, "-q", config], user=user, stdout=subprocess.DEVNULL)
    try:
        log = folder / "pgbouncer.log"
        assert eventually(lambda: log.exists() and "listening on" in log.read_text(), 30)
        yield replace(address, host="127.0.0.1", port=port, pooler=pooler)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)
