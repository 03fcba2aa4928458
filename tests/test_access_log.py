"""Access lines: they look as if loguru had formatted them, and whatever else listens to it gets them too."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from io import StringIO

import pytest
from loguru import logger

from app.settings import Settings
from app.settings.log import LogFormat, LogLevel, LogSettings
from app.utils.access_log import access_log
from app.utils.logs import request_id, setup_logging

Lines = Callable[[], list[str]]
_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\.\d+(?:[+-]\d\d:\d\d)?")
MESSAGE = "GET /чаты/{id}/<b> 200 1.5ms 127.0.0.1"


@pytest.fixture
def log(base_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[LogSettings], Lines]]:
    written = StringIO()

    def lines() -> list[str]:
        """Ends the log, which writes the lines that wait, and returns all."""
        logger.remove()
        return written.getvalue().splitlines()

    def begin(settings: LogSettings) -> Lines:
        monkeypatch.setattr(sys, "stderr", written)
        setup_logging(settings.model_copy(update={"write_to_file": False}))
        return lines

    yield begin
    setup_logging(base_settings.log)


@pytest.mark.parametrize("form", LogFormat)
def test_an_access_line_looks_like_any_other(log: Callable[[LogSettings], Lines], form: LogFormat) -> None:
    lines = log(LogSettings(format=form))
    token = request_id.set("one-of-annas")
    access_log.write(__name__, "one-of-annas", MESSAGE)
    logger.info(MESSAGE)
    request_id.reset(token)
    own, other = lines()
    assert _TIME.sub("", own) == _TIME.sub("", other)
    own_time, other_time = [datetime.fromisoformat(_TIME.findall(line)[0]) for line in (own, other)]
    assert timedelta(0) <= other_time - own_time < timedelta(seconds=5)
    assert json.loads(own)["message"] == MESSAGE if form is LogFormat.JSON else own.endswith(MESSAGE)


def test_access_lines_keep_their_order_among_the_others(log: Callable[[LogSettings], Lines]) -> None:
    lines = log(LogSettings())
    for number in range(100):
        access_log.write(__name__, "-", f"own {number}")
        logger.info("other {}", number)
    assert [line.split(": ")[1] for line in lines()] == [
        f"{name} {number}" for number in range(100) for name in ("own", "other")
    ]


def test_a_sink_that_was_added_gets_access_lines(log: Callable[[LogSettings], Lines]) -> None:
    lines = log(LogSettings())
    added: list[str] = []
    logger.add(added.append, format="{name} {message}")
    access_log.write(__name__, "-", MESSAGE)
    assert added == [f"{__name__} {MESSAGE}\n"]
    assert [line.endswith(MESSAGE) for line in lines()] == [True]


@pytest.mark.parametrize("settings", [LogSettings(level=LogLevel.WARNING), LogSettings(enable=False)])
def test_there_are_no_access_lines_below_the_level(log: Callable[[LogSettings], Lines], settings: LogSettings) -> None:
    lines = log(settings)
    access_log.write(__name__, "-", MESSAGE)
    assert lines() == []


def test_nothing_is_written_after_the_end_of_the_log(log: Callable[[LogSettings], Lines]) -> None:
    lines = log(LogSettings())
    assert lines() == []
    access_log.write(__name__, "-", MESSAGE)
    assert lines() == []
