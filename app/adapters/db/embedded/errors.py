"""Errors of the embedded server. Each message is one line that says what to do."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ELSEWHERE = "set PG_EMBEDDED_DATA_DIR to another folder, or PG_SERVER_ADDRESS to a server of your own"
INSTALLED_ELSEWHERE = "install the application in another folder, or set PG_SERVER_ADDRESS to a server of your own"
_OTHER_SERVER = "another PostgreSQL that was not started by this application uses {folder}: stop it"
_CLOSED = "the user who starts the application has no access to {folder}: make it theirs (chown -R)"
# What PostgreSQL prints (in English, because of LC_ALL=C), and what it means for an operator.
_OUTPUT = {
    "No space left on device": "the disk of {folder} is full: free some space",
    "Disk quota exceeded": "the disk quota for {folder} is used up: free some space",
    "File too large": "files in {folder} may not grow as large as the database needs: raise the limit (ulimit -f)",
    "Read-only file system": "{folder} is on a read-only disk",
    "Permission denied": "the user who runs PostgreSQL has no access to a part of {folder}: make it theirs (chown -R)",
    "Cannot allocate memory": "there is too little free memory for the PostgreSQL in {folder}: free some memory",
    'lock file "postmaster.pid" already exists': _OTHER_SERVER,
    "pre-existing shared memory block": _OTHER_SERVER,
}
_OS = {
    errno.ENOSPC: _OUTPUT["No space left on device"],
    errno.EDQUOT: _OUTPUT["Disk quota exceeded"],
    errno.EFBIG: _OUTPUT["File too large"],
    errno.EROFS: _OUTPUT["Read-only file system"],
    errno.EACCES: _CLOSED,
    errno.EPERM: _CLOSED,
    errno.ENOTDIR: "{folder} is not a folder",
    errno.EEXIST: "{folder} is not a folder",
    errno.ELOOP: "{folder} has a symbolic link where a file of the database should be",
}
_ALMOST_NOTHING = 64 << 10


class EmbeddedPostgresError(Exception):
    """The embedded server cannot be used. The message is one line for an operator and says what to change."""


@contextmanager
def system_errors_explained(folder: Path) -> Iterator[None]:
    """Turns any OSError of the block into an EmbeddedPostgresError about `folder`."""
    try:
        yield
    except OSError as error:
        if reason := _OS.get(error.errno or 0):
            raise _about(folder, reason) from error
        raise EmbeddedPostgresError(f"{folder} cannot be used ({_one_line(str(error))}): {ELSEWHERE}") from error


def explain_output(output: str, folder: Path, action: str) -> EmbeddedPostgresError:
    """Returns an error for a PostgreSQL program that failed and printed `output`. `action` is a verb phrase."""
    for printed, reason in _OUTPUT.items():
        if printed in output:
            return _about(folder, reason)
    if shutil.disk_usage(folder).free < _ALMOST_NOTHING:
        # On a full disk not even the log can be written.
        return _about(folder, _OUTPUT["No space left on device"])
    lines = [line for line in output.splitlines() if any(word in line for word in ("FATAL:", "PANIC:", "error:"))]
    last = (lines or output.splitlines() or ["it printed nothing"])[-1]
    return EmbeddedPostgresError(f"PostgreSQL could not {action} in {folder}: {_one_line(last)}; or {ELSEWHERE}")


def _about(folder: Path, reason: str) -> EmbeddedPostgresError:
    more = "; or" if ": " in reason else ":"
    return EmbeddedPostgresError(f"{reason.replace('{folder}', str(folder))}{more} {ELSEWHERE}")


def _one_line(text: str) -> str:
    return " ".join(text.split())
