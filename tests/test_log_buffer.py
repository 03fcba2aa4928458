"""Log lines that are written in the background: all of them, in their order, and none too late."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from threading import Event, Lock, Thread

import pytest
from loguru import logger

from app.settings import Settings
from app.utils import log_buffer
from app.utils.log_buffer import LogBuffer
from app.utils.logs import setup_logging
from tests.fakers import eventually

LINES = 5_000


class Output:
    """Takes lines while it is open. Until then a writer waits, as at a full pipe."""

    def __init__(self) -> None:
        self.text = ""
        self.is_open = Event()
        self.is_open.set()

    def write(self, text: str) -> None:
        self.is_open.wait()
        self.text += text

    async def until(self, text: str) -> None:
        async def is_written() -> bool:
            return self.text == text

        await eventually(is_written)


class InterruptedOutput(Output):
    """Calls `interrupt` in its first write, as Python calls the garbage collector. That logs errors of lost tasks."""

    def __init__(self, interrupt: Callable[[], None]) -> None:
        super().__init__()
        self._interrupt = interrupt

    def write(self, text: str) -> None:
        if not self.text:
            self._interrupt()
        super().write(text)


@pytest.fixture
def output(base_settings: Settings) -> Iterator[Output]:
    output = Output()
    logger.remove()
    # Lines of this file only: what earlier tests left behind may log at any time.
    logger.add(LogBuffer(output), format="{message}", level="INFO", filter=__name__)
    yield output
    setup_logging(base_settings.log)


async def test_a_line_is_written_though_no_other_follows(output: Output) -> None:
    logger.info("alone")
    await output.until("alone\n")


def test_a_warning_is_written_at_once_after_the_lines_before_it(
    output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_buffer, "_PERIOD", 60)
    logger.info("before")
    logger.warning("a warning")
    assert output.text == "before\na warning\n"


def test_a_slow_reader_loses_no_line(output: Output) -> None:
    output.is_open.clear()
    for number in range(log_buffer._MAX_LINES - 1):
        logger.info(number)
    assert output.text == ""
    output.is_open.set()
    for number in range(log_buffer._MAX_LINES - 1, LINES):
        logger.info(number)
    logger.remove()
    assert output.text.split() == [str(number) for number in range(LINES)]


async def test_an_error_that_is_logged_in_the_middle_of_a_write_is_written_after_it() -> None:
    output = InterruptedOutput(lambda: buffer.add("an error\n", is_urgent=True))
    buffer = LogBuffer(output)
    buffer.add("a line\n")
    await output.until("a line\nan error\n")
    buffer.stop()


async def test_so_it_is_while_another_thread_waits_for_the_end_of_that_write() -> None:
    lock_of_loguru, is_locked = Lock(), Event()

    def log_a_warning() -> None:
        with lock_of_loguru:
            is_locked.set()
            buffer.add("a warning\n", is_urgent=True)

    def log_an_error() -> None:
        Thread(target=log_a_warning, daemon=True).start()
        is_locked.wait()
        with lock_of_loguru:
            buffer.add("an error\n", is_urgent=True)

    output = InterruptedOutput(log_an_error)
    buffer = LogBuffer(output)
    buffer.add("a line\n")
    await output.until("a line\na warning\nan error\n")
    buffer.stop()


@pytest.mark.parametrize("end", ["", "sys.exit(3)", "raise ValueError"])
def test_the_last_lines_are_written_when_the_process_ends(end: str) -> None:
    program = f"""
import sys
from loguru import logger
from app.settings.log import LogSettings
from app.utils.logs import setup_logging
setup_logging(LogSettings(write_to_file=False))
logger.info("the last line")
{end}
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "the last line" in run.stderr
