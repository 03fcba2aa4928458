"""Starts and ends PostgreSQL's programs as child processes."""

import ctypes
import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.adapters.db.embedded.account import Account
from app.adapters.db.embedded.errors import EmbeddedPostgresError

_PR_SET_PDEATHSIG = 1
# A fast shutdown writes a checkpoint. An immediate one leaves recovery to the next start, and loses nothing either.
_FAST_SECONDS, _IMMEDIATE_SECONDS = 10.0, 5.0
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "TMPDIR")


def clean_environment() -> dict[str, str]:
    """Returns an environment without the user's locale, PG* variables and the application's secrets."""
    return {"LC_ALL": "C"} | {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}


def client_environment(*, tls: bool) -> dict[str, str]:
    """Returns a clean environment with the variables of passwords and TLS. The server's own driver obeys them too."""
    obeyed = ("PGPASS", "PGSSL") if tls else "PGPASS"
    given = {name: value for name, value in os.environ.items() if name.startswith(obeyed)}
    # Programs that have no TLS refuse some of its variables, even for a Unix socket.
    return clean_environment() | given | ({} if tls else {"PGSSLMODE": "disable"})


def spawn(arguments: list[str | Path], account: Account | None, lock_fd: int, output: int) -> subprocess.Popen[bytes]:
    """Starts a program in its own session, where a Ctrl-C of the terminal does not reach it.

    It inherits the lock. On Linux it ends with this process, in whatever way this one ends: the kernel sends it SIGQUIT
    when *the calling thread* ends, so call this from the main thread. macOS has no such mechanism.
    """
    try:
        return subprocess.Popen(  # noqa: S603 - our own programs, and no shell
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # The current folder may be closed to the account; the folder of the binaries is known to be open.
            cwd=Path(arguments[0]).parent,
            env=clean_environment(),
            **_platform_options(account, lock_fd),
        )
    except PermissionError as error:
        if account is None or error.errno != errno.EPERM:
            raise
        raise EmbeddedPostgresError(
            f'root may not run PostgreSQL as the user "{account.name}" here: '
            "start the application as an ordinary user, or set PG_SERVER_ADDRESS to a server of your own"
        ) from error


def end(process: subprocess.Popen[bytes]) -> None:
    """Shuts a server down: fast, then immediately, then by a kill. Does nothing if it has ended already."""
    for number, seconds in ((signal.SIGINT, _FAST_SECONDS), (signal.SIGQUIT, _IMMEDIATE_SECONDS)):
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return
    process.kill()
    process.wait()


def _platform_options(account: Account | None, lock_fd: int) -> dict[str, Any]:
    options: dict[str, Any] = {"start_new_session": True, "pass_fds": (lock_fd,), "umask": 0o077}
    if account is not None:
        options |= {"user": account.uid, "group": account.gid, "extra_groups": []}
    if sys.platform == "linux":
        options["preexec_fn"] = _die_with_parent(int(signal.SIGQUIT))
    return options


def _die_with_parent(quit_signal: int) -> Callable[[], None]:
    # Everything that may allocate memory or take a lock is done before the fork. The hook runs after the change of
    # user, which would clear the setting.
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def hook() -> None:
        prctl(_PR_SET_PDEATHSIG, quit_signal, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return hook
