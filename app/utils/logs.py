"""Logging: loguru, with everything that speaks to the standard library's logging led into it."""

import json
import logging
import sys
import traceback
from contextvars import ContextVar
from typing import TYPE_CHECKING

import orjson
from loguru import logger

from app.resources.constants import LOGS_DIR
from app.settings.log import LogFormat, LogSettings
from app.utils.log_files import open_log_file

if TYPE_CHECKING:
    from loguru import Record

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""The id of the request that is being answered, on every log line that it causes."""

_CHATTY = ("sqlalchemy", "asyncio", "watchfiles", "alembic")
_TEXT = "{time:YYYY-MM-DD HH:mm:ss.SSS} {level: <7} {extra[request_id]} {name}: {message}"


def setup_logging(settings: LogSettings) -> None:
    """Points every log of this process to stderr and, if wanted, to a file of its own under `logs/`.

    Tracebacks show no values of variables: passwords are among them.
    """
    logger.remove()
    logging.root.handlers = [_ToLoguru()]
    level = logger.level(settings.level.value).no if settings.enable else logging.CRITICAL + 1
    logging.root.setLevel(level)
    # Below DEBUG uvicorn wraps the application to log every message of every request, with its query.
    logging.getLogger("uvicorn.error").setLevel(max(level, logging.DEBUG))
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    # It warns of every byte that a client gets wrong.
    logging.getLogger("python_multipart").setLevel(max(level, logging.ERROR))
    if not settings.enable:
        return
    logger.configure(patcher=_add_request_id)
    common = {
        "level": settings.level.value,
        "format": _json_line if settings.format is LogFormat.JSON else _TEXT,
        "diagnose": False,
        "backtrace": False,
    }
    logger.add(sys.stderr, **common)  # type: ignore[arg-type]
    if settings.write_to_file:
        # One file a process: two processes that rotate one file lose lines.
        logger.add(open_log_file(LOGS_DIR), **common)  # type: ignore[arg-type]


def _add_request_id(record: "Record") -> None:
    record["extra"].setdefault("request_id", request_id.get())


def _json_line(record: "Record") -> str:
    """One line whatever happened: a traceback is a text inside it."""
    line = {
        "time": record["time"].isoformat(),
        "level": record["level"].name,
        "logger": record["name"],
        "message": record["message"],
        **{key: value for key, value in record["extra"].items() if key != "json"},
    }
    if record["exception"] is not None:
        # Within the line: a traceback of many lines is no JSON. It shows no values, whatever the mode.
        line["exception"] = "".join(traceback.format_exception(record["exception"].value))
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
