"""Logging by loguru, which also receives the records of the standard library's logging."""

import json
import logging
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING

import orjson
from loguru import logger

from app.resources.constants import LOGS_DIR
from app.settings.log import LogFormat, LogSettings
from app.utils.access_log import access_log
from app.utils.log_buffer import LogBuffer
from app.utils.log_files import open_log_file
from app.utils.tracebacks import format_traceback

if TYPE_CHECKING:
    from loguru import Record

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""The id of the current request. It is on every log line that the request causes."""

_TEXT = "{time:YYYY-MM-DD HH:mm:ss.SSS} {level: <7} {extra[request_id]} {name}: {message}"


def setup_logging(settings: LogSettings) -> None:
    """Sends all logs of this process to stderr and, if enabled, to a file of this process in `logs/`.

    No line contains a query, a body, a token or a password. So libraries log from WARNING on, whatever the level: below
    it they log URLs with queries, headers, frames and statements. Tracebacks contain no values.
    """
    logger.remove()
    access_log.end()
    logging.root.handlers = [_ToLoguru()]
    level = logger.level(settings.level.value).no if settings.enable else logging.CRITICAL + 1
    level = max(level, logging.WARNING)
    logging.root.setLevel(level)
    # Set on the logger itself: uvicorn reads this logger's own level, not the effective one.
    logging.getLogger("uvicorn.error").setLevel(level)
    # It logs a warning for each wrong byte of a client.
    logging.getLogger("python_multipart").setLevel(max(level, logging.ERROR))
    if not settings.enable:
        return
    logger.configure(patcher=_add_request_id)
    # One file per process: two processes that rotate one file lose lines. The file comes first, so a line that standard
    # error shows is already in the file.
    files = [open_log_file(LOGS_DIR)] if settings.write_to_file else []
    buffer, as_json = LogBuffer(*files, sys.stderr), settings.format is LogFormat.JSON
    logger.add(
        buffer,
        level=settings.level.value,
        format=_json_line if as_json else _text_line,
        diagnose=False,
        backtrace=False,
    )
    if logger.level(settings.level.value).no <= logging.INFO:
        access_log.begin(buffer, as_json=as_json)


def _add_request_id(record: "Record") -> None:
    record["extra"].setdefault("request_id", request_id.get())


def _text_line(record: "Record") -> str:
    if record["exception"] is None or record["exception"].value is None:
        return _TEXT + "\n"
    record["extra"]["traceback"] = format_traceback(record["exception"].value)
    return _TEXT + "\n{extra[traceback]}"


def _json_line(record: "Record") -> str:
    """Returns one line of JSON. A traceback is a string inside it."""
    line = {
        "time": record["time"].isoformat(),
        "level": record["level"].name,
        "logger": record["name"],
        "message": record["message"],
        **{key: value for key, value in record["extra"].items() if key != "json"},
    }
    if record["exception"] is not None and record["exception"].value is not None:
        # Inside the line: a traceback of many lines after it would not be JSON.
        line["exception"] = format_traceback(record["exception"].value)
    try:
        record["extra"]["json"] = orjson.dumps(line, default=str).decode()
    except orjson.JSONEncodeError:
        # A lone surrogate, which UTF-8 cannot encode. The slower encoder escapes it.
        record["extra"]["json"] = json.dumps(line, default=str)
    return "{extra[json]}\n"


class _ToLoguru(logging.Handler):
    """Passes records of the standard library's logging to loguru, under the names of their loggers."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level: str | int = logger.level(record.levelname).name
        except ValueError:
            level = record.levelno
        named = logger.patch(lambda line: line.update({"name": record.name}))
        named.opt(exception=record.exc_info).log(level, "{}", record.getMessage())
