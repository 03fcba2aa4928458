"""Log files: one per process, and the removal of old ones."""

import os
import re
import sys
from contextlib import suppress
from logging import LogRecord, makeLogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

_BYTES = 20_000_000
"""The size at which a file is full and the next one begins."""
_OLD_ONES = 10
"""How many full files a process keeps."""
_FILES_KEPT = 20
"""How many files of processes that have ended are kept."""
_OF_PROCESS = re.compile(r"messenger-(\d+)\.")


class LogFile(RotatingFileHandler):
    """A file that loguru writes to. A failure to write is reported once; standard error has all lines anyway."""

    # The lines end with a line break already.
    terminator = ""

    def __init__(self, path: Path) -> None:
        super().__init__(
            path, maxBytes=_BYTES, backupCount=_OLD_ONES, encoding="utf-8", errors="backslashreplace", delay=True
        )
        self._failure: BaseException | None = None

    def write(self, line: str) -> None:
        failed_before, self._failure = self._failure, None
        self.emit(makeLogRecord({"msg": line}))
        if self._failure is not None and failed_before is None:
            reason = getattr(self._failure, "strerror", None) or self._failure
            sys.stderr.write(f"{self.baseFilename} cannot be written ({reason}): log lines go to standard error only\n")

    def handleError(self, record: LogRecord) -> None:  # noqa: N802 - the name is of the standard library
        self._failure = sys.exception()
        stream: TextIO | None = self.stream
        self.stream = None
        # The rest of its buffer cannot be written either.
        with suppress(OSError):
            if stream is not None:
                stream.close()

    def stop(self) -> None:
        """Closes the file. Loguru calls it at the end."""
        self.close()


def open_log_file(folder: Path) -> LogFile:
    """Opens the file of this process, and removes old files: each start of a process creates one."""
    with suppress(OSError):
        folder.mkdir(exist_ok=True)
        _remove_old_files(folder)
    return LogFile(folder / f"messenger-{os.getpid()}.log")


def _remove_old_files(folder: Path) -> None:
    """Removes all files but the newest ones and those of running processes."""
    by_age = sorted(folder.glob("messenger-*"), key=lambda path: path.stat().st_mtime)
    for path in by_age[:-_FILES_KEPT]:
        found = _OF_PROCESS.match(path.name)
        if found and not _is_alive(int(found[1])):
            path.unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
