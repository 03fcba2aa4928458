"""JSON logs: one object per line, with the id of the request that caused it."""

import json
import logging
import re
import sys
from collections.abc import Iterator
from io import StringIO

import pytest
from fastapi import APIRouter, FastAPI
from loguru import logger

from app.fastapi_engine.constructor import build_app
from app.fastapi_engine.patched import http_protocol
from app.settings import Settings
from app.settings.log import LogFormat, LogLevel, LogSettings
from app.utils.logs import setup_logging
from tests.fakers import API, FakeClient, problem
from tests.servers import listening, served
from tests.test_upgrades import talk

SIGN_IN = f"POST {API}/accounts/sign-in HTTP/1.1\r\nHost: x\r\n".encode()
REFUSED = {
    "a body that ends too early": (SIGN_IN + b"%sContent-Length: 100\r\n\r\n{", 408, 2),
    "a body that is not valid, in one packet": (SIGN_IN + b"%sTransfer-Encoding: chunked\r\n\r\nnonsense", 400, 2),
    "two hosts": (SIGN_IN + b"%sHost: y\r\n\r\n", 400, 1),
    "half a head": (SIGN_IN + b"%sX-Slow: ", 408, 1),
}
"""Requests that the HTTP protocol refuses, its status, and the number of lines that it and the application log."""


@pytest.fixture
def stderr(base_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """Everything that this process logs as JSON. Afterwards logging is off again."""
    written = StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    setup_logging(LogSettings(format=LogFormat.JSON, level=LogLevel.DEBUG, write_to_file=False))
    yield written
    setup_logging(base_settings.log)


@pytest.fixture
def app(settings: Settings, stderr: StringIO) -> FastAPI:
    """The application with one route that fails, below all middlewares."""
    app = build_app(settings)
    router = APIRouter()

    @router.get("/broken")
    async def broken() -> None:
        secret_of_the_house = "hunter2"
        raise RuntimeError(f"{len(secret_of_the_house)} items failed")

    app.include_router(router)
    return app


def lines(stderr: StringIO) -> list[dict[str, object]]:
    """Ends the log, which writes the lines that wait, and returns all. A line that is not JSON fails here."""
    logger.remove()
    return [json.loads(line) for line in stderr.getvalue().split("\n") if line]


async def test_every_line_is_json_and_has_the_request_id(app: FastAPI, stderr: StringIO) -> None:
    async with served(app) as http:
        anna = await FakeClient.sign_up(http, "anna")
        anna.headers["X-Request-ID"] = "one-of-annas"
        problem(await anna.get("/chats/not-an-id"), 422, "validation_error")
    logged = lines(stderr)
    assert all("request_id" in line for line in logged)
    (own,) = [line for line in logged if line["request_id"] == "one-of-annas"]
    assert "GET /api/v1/chats/not-an-id 422" in str(own["message"])
    assert {"time", "level", "logger"} <= own.keys()


@pytest.fixture
def impatient(base_settings: Settings, stderr: StringIO, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """An application without a database whose server waits for requests for a moment only."""
    for name in ("HEAD_TIMEOUT", "BODY_TIMEOUT", "CHECK_EVERY"):
        monkeypatch.setattr(http_protocol, name, 0.2)
    return build_app(base_settings)


@pytest.mark.parametrize("own_id", ["one-of-annas", "not sane", ""])
@pytest.mark.parametrize("name", REFUSED)
async def test_every_line_of_a_request_that_the_protocol_refuses_has_the_id_of_the_answer(
    impatient: FastAPI, stderr: StringIO, name: str, own_id: str
) -> None:
    request, status, count = REFUSED[name]
    header = f"X-Request-ID: {own_id}\r\n".encode() if own_id else b""
    async with listening(impatient) as address:
        answer = await talk(address, [request % header])
    (id_of_answer,) = ids_in(answer)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert (id_of_answer == own_id) == (own_id == "one-of-annas")
    assert [line["request_id"] for line in lines(stderr) if line["request_id"] != "-"] == [id_of_answer] * count


async def test_line_breaks_behind_a_request_do_not_get_its_id(impatient: FastAPI) -> None:
    request = b"GET /healthcheck/live HTTP/1.1\r\nHost: x\r\nX-Request-ID: one-of-annas\r\n\r\n"
    async with listening(impatient) as address:
        first, second = ids_in(await talk(address, [request, b"\r\n"]))
    assert first == "one-of-annas" != second


def ids_in(answers: bytes) -> list[str]:
    return re.findall(r"\r\nx-request-id: (.+)\r\n", answers.decode())


async def test_the_traceback_of_a_500_is_in_one_line(app: FastAPI, stderr: StringIO) -> None:
    async with served(app) as http:
        answer = await http.get("/broken", headers={"X-Request-ID": "it-broke"})
    assert answer.status_code == 500
    logged = lines(stderr)
    (error,) = [line for line in logged if line["level"] == "ERROR"]
    assert error["request_id"] == "it-broke"
    assert "in broken" in str(error["exception"])
    assert str(error["exception"]).rstrip().endswith("RuntimeError: 7 items failed")
    # The text of the source is there, the value of the variable is not.
    assert "secret_of_the_house = 'hunter2'" not in str(error["exception"])


async def test_a_line_break_in_a_message_makes_no_second_line(stderr: StringIO) -> None:
    logging.getLogger("a.library").warning("first\nsecond {braces} \u2028 <red>")
    (line,) = lines(stderr)
    assert line["message"] == "first\nsecond {braces} \u2028 <red>"
    assert line["logger"] == "a.library"
