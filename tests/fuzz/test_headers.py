"""Headers, cursors and bodies that no correct client sends: they are refused, and never cause an internal error."""

import re
from asyncio import Event
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_from_bytes

import orjson
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from app.resources.constants import MAX_BIGINT
from tests.fakers import API, FakeClient
from tests.fuzz.effort import effort

Header = tuple[bytes, bytes]

# What servers let through: any byte but those that end a header.
anything = st.binary(max_size=60).filter(lambda raw: not set(raw) & set(b"\r\n\0"))
numbers = st.integers(-(10**25), 10**25).map(lambda number: b"%d" % number)
tags = st.sampled_from([b"ru", b"en", b"en-US", b"ru-RU", b"*", b"RU", b"", b"-", b"e\xff"])
weights = st.sampled_from([b"", b";q=0", b";q=1", b"; q=0.5", b";q=nan", b";q=1e999", b";q=", b";q=-1", b";Q=0,5"])


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[bytes, bytes]


async def ask(
    app: FastAPI, path: str, *headers: Header, method: str = "GET", query: bytes = b"", body: bytes = b""
) -> Answer:
    """Returns the head of the application's answer. Calls it directly: bytes arrive unchanged, and no endless body is
    read."""
    started: list[Any] = []
    has_started = Event()
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Any:
        for message in messages:
            return message
        await has_started.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            started.append(message)
            has_started.set()

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": f"{API}{path}",
        "raw_path": f"{API}{path}".encode(),
        "root_path": "",
        "query_string": query,
        "headers": [(b"host", b"server"), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("server", 80),
    }
    await app(scope, receive, send)
    (head,) = started
    return Answer(head["status"], dict(head["headers"]))


@pytest.fixture
def own(anna: FakeClient, quiet_log: list[str]) -> Header:
    """The header that identifies Anna."""
    return b"authorization", anna.headers["Authorization"].encode()


jwt_parts: list[Any] = [{"alg": "HS256", "typ": "access+jwt"}, {}, [], None, {"exp": 1e999}]
forged = (
    st.lists(
        (st.sampled_from(jwt_parts).map(orjson.dumps) | st.binary(max_size=20)).map(urlsafe_b64encode),
        min_size=1,
        max_size=4,
    )
    .map(b".".join)
    .filter(lambda token: len(token) > 0)
)
schemes = st.sampled_from([b"Bearer ", b"bearer ", b"Bearer", b"Basic ", b"Bearer  ", b""])


@given(value=st.tuples(schemes, forged | anything).map(b"".join))
@effort(60)
async def test_an_unsigned_token_is_refused(app: FastAPI, own: Header, value: bytes) -> None:
    answer = await ask(app, "/accounts/me", (b"authorization", value))
    assert (answer.status, answer.headers[b"www-authenticate"]) == (401, b"Bearer")


@given(place=st.integers(0, 400), more=anything.filter(bool))
@effort(60)
async def test_a_token_with_extra_bytes_is_refused(app: FastAPI, own: Header, place: int, more: bytes) -> None:
    name, value = own
    place = len(b"Bearer ") + place % (len(value) - len(b"Bearer "))
    answer = await ask(app, "/accounts/me", (name, value[:place] + more + value[place:]))
    assert answer.status == (200 if place == len(b"Bearer ") and not more.strip(b" ") else 401)


@given(number=numbers | anything | st.integers(0, 4).map(lambda number: b"%d" % number))
@effort(60)
async def test_a_last_event_id_is_a_sequence_number_of_the_log(app: FastAPI, own: Header, number: bytes) -> None:
    """Anna's stream has her sign-in, and no event is missing before it."""
    accept = (b"accept", b"text/event-stream")
    answer = await ask(app, "/accounts/me/events", own, accept, (b"last-event-id", number))
    if number.isdigit() and len(number) <= len(str(MAX_BIGINT)) and int(number) <= MAX_BIGINT:
        assert answer.status == (200 if int(number) <= 1 else 410)
    else:
        assert answer.status == (422 if number else 200)


@given(
    language=st.lists(st.tuples(tags, weights).map(b"".join), max_size=4).map(b",".join) | anything,
    known=anything | st.sampled_from([b"*", b'W/"x"', b'"', b",,", b'W/, *, "\xff"']),
)
@effort(60)
async def test_the_catalogue_is_served_in_one_of_its_languages(
    app: FastAPI, own: Header, language: bytes, known: bytes
) -> None:
    answer = await ask(app, "/catalogues/countries", own, (b"accept-language", language), (b"if-none-match", known))
    assert answer.status == (304 if known.decode("latin-1").strip() == "*" else 200)
    assert answer.headers[b"content-language"] in (b"ru", b"en")


@given(requested=anything | st.from_regex(rb"[A-Za-z0-9._:-]{0,130}", fullmatch=True))
@effort(60)
async def test_a_response_has_the_given_request_id_or_a_new_valid_one(
    app: FastAPI, own: Header, requested: bytes
) -> None:
    sane = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
    answer = await ask(app, "/chats", own, (b"x-request-id", requested))
    returned = answer.headers[b"x-request-id"]
    assert answer.status == 200
    assert sane.fullmatch(returned)
    assert (returned == requested) == (sane.fullmatch(requested) is not None)


cursors = (
    anything
    | st.binary(max_size=40).map(urlsafe_b64encode)
    | st.recursive(
        st.none() | st.booleans() | st.integers(-(2**66), 2**66) | st.text(max_size=10) | st.floats(allow_nan=False),
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=6,
    ).map(lambda value: urlsafe_b64encode(repr(value).replace("'", '"').encode("utf-8", "surrogatepass")))
)


@given(cursor=cursors, limit=numbers | anything | st.just(b"1"))
@effort(80)
async def test_a_page_begins_at_a_valid_cursor_or_is_refused(
    app: FastAPI, own: Header, club: str, cursor: bytes, limit: bytes
) -> None:
    query = f"cursor={quote_from_bytes(cursor)}&limit={quote_from_bytes(limit)}".encode()
    for path in ("/chats", "/accounts", f"/chats/{club}/members"):
        answer = await ask(app, path, own, query=query)
        assert answer.status in (200, 422), path


content_types = anything | st.sampled_from(
    [
        b"application/json",
        b"application/json; charset=utf-16",
        b"application/x-www-form-urlencoded",
        b"application/x-www-form-urlencoded; charset=nonsense",
        b"multipart/form-data",
        b"multipart/form-data; boundary=",
        b"multipart/form-data; boundary=b",
        b'multipart/form-data; boundary="\xff"',
    ]
)
bodies = st.binary(max_size=60) | st.sampled_from(
    [
        b'{"login": "anna", "password": "x"}',
        b"username=anna&password=%FF%00",
        b'--b\r\nContent-Disposition: form-data; name="username"\r\n\r\nanna\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="username"; filename="\xff"\r\n\r\n\0\r\n--b--\r\n',
        b"--b\r\nContent-Disposition: \xff\r\n\r\n\r\n--b--\r\n",
        b"[" * 16_000,
        b'{"login": 1e999999, "password": "\\ud800"}',
    ]
)


@given(path=st.sampled_from(["/accounts/sign-in", "/accounts/token"]), kind=content_types, body=bodies)
@effort(80)
async def test_an_invalid_body_is_refused(app: FastAPI, own: Header, path: str, kind: bytes, body: bytes) -> None:
    answer = await ask(app, path, (b"content-type", kind), method="POST", body=body)
    assert answer.status in (401, 415, 422), (kind, body)
    assert answer.headers[b"content-type"] == b"application/problem+json"
