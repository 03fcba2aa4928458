"""Logging: loguru, with everything that speaks to the standard library's logging led into it."""

import json
import logging
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING

import orjson
from loguru import logger

from app.resources.constants import LOGS_DIR
from app.settings.log import LogFormat, LogSettings
from app.utils.log_files import open_log_file
from app.utils.tracebacks import format_traceback

if TYPE_CHECKING:
    from loguru import Record

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""The id of the request that is being answered, on every log line that it causes."""

_TEXT = "{time:YYYY-MM-DD HH:mm:ss.SSS} {level: <7} {extra[request_id]} {name}: {message}"


def setup_logging(settings: LogSettings) -> None:
    """Points every log of this process to stderr and, if wanted, to a file of its own under `logs/`.

    No line holds a query, a body, a token or a password. So libraries are heard from WARNING on only, whatever the
    level: below it they log addresses with queries, headers, frames and statements. Tracebacks show no values.
    """
    logger.remove()
    logging.root.handlers = [_ToLoguru()]
    level = logger.level(settings.level.value).no if settings.enable else logging.CRITICAL + 1
    level = max(level, logging.WARNING)
    logging.root.setLevel(level)
    # By a level of its own: uvicorn asks for this logger's, not for the one that is in effect.
    logging.getLogger("uvicorn.error").setLevel(level)
    # It warns of every byte that a client gets wrong.
    logging.getLogger("python_multipart").setLevel(max(level, logging.ERROR))
    if not settings.enable:
        return
    logger.configure(patcher=_add_request_id)
    common = {
        "level": settings.level.value,
        "format": _json_line if settings.format is LogFormat.JSON else _text_line,
        "diagnose": False,
        "backtrace": False,
    }
    if settings.write_to_file:
        # One file a process: two processes that rotate one file lose lines. First the file: a line that standard error
        # shows is in the file already.
        logger.add(open_log_file(LOGS_DIR), **common)  # type: ignore[arg-type]
    logger.add(sys.stderr, **common)  # type: ignore[arg-type]


def _add_request_id(record: "Record") -> None:
    record["extra"].setdefault("request_id", request_id.get())


def _text_line(record: "Record") -> str:
    if record["exception"] is None or record["exception"].value is None:
        return _TEXT + "\n"
    record["extra"]["traceback"] = format_traceback(record["exception"].value)
    return _TEXT + "\n{extra[traceback]}"


def _json_line(record: "Record") -> str:
    """One line whatever happened: a traceback is a text inside it."""
    line = {
        "time": record["time"].isoformat(),
        "level": record["level"].name,
        "logger": record["name"],
        "message": record["message"],
        **{key: value for key, value in record["extra"].items() if key != "json"},
    }
    if record["exception"] is not None and record["exception"].value is not None:
        # Within the line: a traceback of many lines is no JSON.
        line["exception"] = format_traceback(record["exception"].value)
    try:
        record["extra"]["json"] = orjson.dumps(line, default=str).decode()
    except orjson.JSONEncodeError:
        # Half a character, which UTF-8 cannot spell; the slower encoder escapes it.
        record["extra"]["json"] = json.dumps(line, default=str)
    return "{extra[json]}\n"


class _ToLoguru(logging.Handler):
    """Hands a record of the standard library's logging to loguru, under the name of its own logger."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level: str | int = logger.level(record.levelname).name
        except ValueError:
            level = record.levelno
        named = logger.patch(lambda line: line.update({"name": record.name}))
        named.opt(exception=record.exc_info).log(level, "{}", record.getMessage())
