"""Log files: a folder that is not writable, a full disk, and files of running and ended processes."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
from loguru import logger

from app.settings import Settings
from app.settings.log import LogFormat, LogSettings
from app.utils.log_files import LogFile, open_log_file
from app.utils.logs import setup_logging

Start = Callable[[Path, LogFormat], StringIO]


@pytest.fixture
def start(base_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Logs into a folder as a server does. Returns what is written to standard error."""

    def start(folder: Path, form: LogFormat) -> StringIO:
        written = StringIO()
        monkeypatch.setattr(sys, "stderr", written)
        monkeypatch.setattr("app.utils.logs.LOGS_DIR", folder)
        setup_logging(LogSettings(format=form))
        return written

    yield start
    setup_logging(base_settings.log)


@pytest.mark.parametrize("form", LogFormat)
def test_lines_go_to_the_file_and_to_standard_error(start: Start, tmp_path: Path, form: LogFormat) -> None:
    stderr = start(tmp_path / "logs", form)
    for number in range(3):
        logger.info("строка {} и процент %, \ud800", number)
    logger.remove()
    written = (tmp_path / "logs" / f"messenger-{os.getpid()}.log").read_text(encoding="utf-8")
    assert len(written.splitlines()) == len(stderr.getvalue().splitlines()) == 3
    said = json.loads(written.splitlines()[-1])["message"] if form is LogFormat.JSON else written
    assert "строка 2 и процент %" in said


@pytest.mark.parametrize("form", LogFormat)
def test_a_folder_that_is_not_writable_is_reported_once(start: Start, tmp_path: Path, form: LogFormat) -> None:
    # A file in place of the folder: it stops root as well.
    (tmp_path / "logs").touch()
    stderr = start(tmp_path / "logs", form)
    for number in range(3):
        logger.info("line {}", number)
    logger.remove()
    errors = stderr.getvalue().splitlines()
    assert [line for line in errors if "line" not in line or "cannot be written" in line] == [
        f"{tmp_path}/logs/messenger-{os.getpid()}.log cannot be written (Not a directory): "
        "log lines go to standard error only"
    ]
    assert [line.rpartition("line ")[2][0] for line in errors if "cannot" not in line] == ["0", "1", "2"]


def test_a_full_disk_is_reported_once_each_time_it_fills(capsys: pytest.CaptureFixture[str]) -> None:
    file = LogFile(Path("/dev/full"))
    for _ in range(3):
        file.write("a line\n")
    file.baseFilename = "/dev/null"
    file.write("a line\n")
    file.stop()
    file.baseFilename = "/dev/full"
    file.write("a line\n")
    errors = capsys.readouterr().err.splitlines()
    assert errors == ["/dev/full cannot be written (No space left on device): log lines go to standard error only"] * 2


def test_a_large_file_is_followed_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.utils.log_files._BYTES", 10)
    file = open_log_file(tmp_path)
    for number in range(15):
        file.write(f"line {number}\n")
    file.stop()
    assert len(list(tmp_path.iterdir())) == 11
    assert Path(file.baseFilename).read_text() == "line 14\n"


def test_the_newest_files_and_those_of_running_processes_are_kept(tmp_path: Path) -> None:
    ended = 2**22 + 1  # above the largest process id
    for age in range(30):
        path = tmp_path / f"messenger-{ended + age}.log"
        path.touch()
        os.utime(path, (1000 - age, 1000 - age))
    alive = tmp_path / f"messenger-{os.getpid()}.log"
    for path in (alive, tmp_path / f"messenger-{os.getpid()}.log.1"):
        path.touch()
        os.utime(path, (1, 1))
    open_log_file(tmp_path)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert len(left) == 22
    assert alive.name in left
    assert f"messenger-{ended}.log" in left
    assert f"messenger-{ended + 20}.log" not in left
