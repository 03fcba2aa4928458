"""The settings that the embedded server is started with."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from app.adapters.db.embedded.binaries import EXTENSIONS

_SMALL_SERVER = {
    "shared_buffers": "256MB",
    "max_connections": "200",
    "max_wal_size": "2GB",
    # The wheel is built without lz4.
    "wal_compression": "pglz",
    # Queries here are short: compiling them takes longer than running them.
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The log is for the server's own troubles, so it stays small: what a client did wrong is told to the client, and
    # no statement or value, which may be somebody's message, is written down.
    "log_min_messages": "error",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_SHARED_MEMORY = Path("/dev", "shm")
_SHARED_MEMORY_NEEDED = 32 << 20


def configuration(host: str, port: int, *, durable: bool, options: Mapping[str, str]) -> dict[str, str]:
    """All settings for the command line. `options` override any of them but where the server listens."""
    if host.startswith("/"):
        where = {"listen_addresses": "", "unix_socket_directories": host, "unix_socket_permissions": "0700"}
    else:
        where = {"listen_addresses": host, "unix_socket_directories": ""}
    return {
        **_SMALL_SERVER,
        **({} if durable else _NOT_DURABLE),
        **_dynamic_shared_memory(),
        "extension_control_path": f"{EXTENSIONS}:$system",
        **options,
        **where,
        "port": str(port),
    }


def _dynamic_shared_memory() -> dict[str, str]:
    """In a container without a usable /dev/shm parallel queries would fail: ordinary files do instead."""
    if sys.platform != "linux":
        return {}
    if _SHARED_MEMORY.is_dir() and shutil.disk_usage(_SHARED_MEMORY).total >= _SHARED_MEMORY_NEEDED:
        return {"dynamic_shared_memory_type": "posix"}
    return {"dynamic_shared_memory_type": "mmap"}
