"""A hot route reads a request as FastAPI does: each is compared with a plain route of the same endpoint."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from app.dependencies.hot_route import HotRoute
from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.fakers import API, FakeClient, problem

PLAIN = f"{API}/plain"
BODIES = [
    "",
    "{",
    "null",
    "[]",
    '"text"',
    '{"text": "a"} {}',
    '{"text": ""}',
    '{"text": " \\n "}',
    '{"text": 5}',
    '{"text": true}',
    '{"text": null}',
    '{"text": "\\u0000"}',
    '{"text": "\\ud800"}',
    '{"text": "a", "more": 1}',
    '{"text": "a", "text": "b"}',
    '{"text": "a", "reply_to_seq": true}',
    '{"text": "a", "reply_to_seq": "1"}',
    '{"text": "a", "reply_to_seq": 1.0}',
    '{"text": "a", "reply_to_seq": NaN}',
    '{"text": "a", "reply_to_seq": 0}',
    '{"text": "a", "reply_to_seq": 999}',
    '{"text": "a", "reply_to_seq": 99999999999999999999999999}',
    '{"text": "a", "client_msg_id": "none"}',
    '{"text": "a", "client_msg_id": 5}',
    '{"text": "a", "client_msg_id": "{3c9f4f0e-0b7e-4c39-a3b3-6b1f3f0d2a55}"}',
    '{"text": "a", "client_msg_id": "3c9f4f0e0b7e4c39a3b36b1f3f0d2a55"}',
    '{"text": "' + "а" * 4000 + '"}',
    '{"text": "' + "а" * 4001 + '"}',
    '{"text": "👩‍👩‍👧‍👦"}',
    "[" * 10_000,
    '{"text": "a", "reply_to_seq": ' + "9" * 5000 + "}",
]
QUERIES = [
    "before_seq=3",
    "after_seq=1&limit=2",
    "around_seq=2&limit=1",
    "limit=2",
    "limit=0",
    "limit=201",
    "limit=-1",
    "limit=",
    "limit=x",
    "limit=002",
    "limit=1&limit=2",
    "before_seq=-1",
    "before_seq=",
    "before_seq=0",
    "before_seq=١",
    "before_seq=1.0",
    "before_seq=9223372036854775807",
    "before_seq=9223372036854775808",
    "before_seq=2&after_seq=1",
    "before_seq=2limit=1",
    "before_seq=2&&limit=1",
    "more=1",
]
POLLS = [
    "after=0",
    "after=2",
    "after=2&limit=1",
    "after=999999",
    "after=9223372036854775808",
    "after=",
    "after=-1",
    "after=x",
    "after=1&after=2",
    "after=0&limit=0",
    "after=0&limit=201",
    "after=0&limit=007",
    "after=0&limit=1&wait=0",
    "after=0&wait=31",
    "after=0&wait=0.1",
    "after=0&wait=-1",
    "limit=1&after=0",
]
FOR_ITSELF = frozenset({"id", "seq", "client_msg_id", "created_at", "request_id", "instance"})
"""Fields that differ between messages or responses."""


@pytest.fixture
async def app(settings: Settings) -> FastAPI:
    """The application, with a plain route beside each hot one."""
    app = build_app(settings)
    for context in list(iter_route_contexts(app.router.routes)):
        if not isinstance(context.original_route, HotRoute):
            continue
        assert context.endpoint is not None
        path = f"{PLAIN}{(context.path or '').removeprefix(API)}"
        app.router.routes.append(APIRoute(path, context.endpoint, methods=sorted(context.methods or ())))
    return app


def outcome_of(answer: httpx.Response) -> tuple[int, str, Any]:
    body = {key: value for key, value in answer.json().items() if key not in FOR_ITSELF}
    return answer.status_code, answer.headers["content-type"], body


async def ask_both(
    user: FakeClient, method: str, path: str, headers: dict[str, str] | None = None, content: bytes | None = None
) -> list[httpx.Response]:
    """Returns the answers of the hot route and of the plain one."""
    headers = {**user.headers, **(headers or {})}
    return [
        await user.http.request(method, f"{prefix}{path}", headers=headers, content=content) for prefix in (API, PLAIN)
    ]


async def test_the_most_frequent_calls_are_hot(app: FastAPI) -> None:
    hot = {
        (method, context.path)
        for context in iter_route_contexts(app.router.routes)
        if isinstance(context.original_route, HotRoute)
        for method in context.methods or ()
    }
    assert hot == {
        ("POST", f"{API}/chats/{{chat_id}}/messages"),
        ("GET", f"{API}/chats/{{chat_id}}/messages"),
        ("GET", f"{API}/chats/{{chat_id}}/events"),
        ("GET", f"{API}/accounts/me/events"),
    }


async def test_both_routes_answer_a_send_alike(anna: FakeClient, club: str) -> None:
    json = {"Content-Type": "application/json"}
    for body in BODIES:
        hot, plain = await ask_both(anna, "POST", f"/chats/{club}/messages", json, body.encode())
        if hot.status_code == 201 and "client_msg_id" in body:
            assert plain.status_code == 200, body
            assert hot.json() == plain.json(), body
        else:
            assert outcome_of(hot) == outcome_of(plain), body


@pytest.mark.parametrize("kind", ["", "text/plain", "application/messages+json", "application/json; charset=latin-1"])
async def test_both_routes_treat_a_content_type_alike(anna: FakeClient, club: str, kind: str) -> None:
    hot, plain = await ask_both(anna, "POST", f"/chats/{club}/messages", {"Content-Type": kind}, b'{"text": "a"}')
    assert outcome_of(hot) == outcome_of(plain)


async def test_both_routes_refuse_text_in_another_encoding(anna: FakeClient, club: str) -> None:
    json = {"Content-Type": "application/json"}
    for body in (b'{"text": "\xff"}', '{"text": "a"}'.encode("utf-16"), '{"text": "a"}'.encode("utf-16-le")):
        hot, plain = await ask_both(anna, "POST", f"/chats/{club}/messages", json, body)
        assert hot.status_code == 422
        assert outcome_of(hot) == outcome_of(plain), body


async def test_both_routes_read_a_path_and_query_alike(anna: FakeClient, club: str) -> None:
    json = {"Content-Type": "application/json"}
    for chat in ("none", "3c9f4f0e-0b7e-4c39-a3b3-6b1f3f0d2a55", club, f"urn:uuid:{club}", f"{{{club}}}"):
        for body in (b'{"text": "a"}', b'{"text": ""}'):
            hot, plain = await ask_both(anna, "POST", f"/chats/{chat}/messages", json, body)
            assert outcome_of(hot) == outcome_of(plain), chat
        hot, plain = await ask_both(anna, "GET", f"/chats/{chat}/messages?limit=0")
        assert outcome_of(hot) == outcome_of(plain), chat


async def test_both_routes_answer_a_page_alike(anna: FakeClient, club: str) -> None:
    for number in range(4):
        await anna.send(club, f"№ {number}")
    for query in ("", *QUERIES):
        hot, plain = await ask_both(anna, "GET", f"/chats/{club}/messages?{query}")
        assert outcome_of(hot) == outcome_of(plain), query


async def test_both_routes_answer_a_poll_alike(anna: FakeClient, stranger: FakeClient, club: str) -> None:
    await anna.send(club)
    for user in (anna, stranger):
        for path in (f"/chats/{club}/events", "/chats/none/events", "/accounts/me/events"):
            for query in POLLS:
                hot, plain = await ask_both(user, "GET", f"{path}?{query}")
                assert outcome_of(hot) == outcome_of(plain), (path, query)


async def test_both_routes_answer_a_poll_that_prefers_a_stream_alike(anna: FakeClient, club: str) -> None:
    headers = {"Accept": "text/html, text/event-stream", "Last-Event-ID": "x"}
    for path in (f"/chats/{club}/events", "/accounts/me/events"):
        hot, plain = await ask_both(anna, "GET", f"{path}?after=999999", headers)
        problem(hot, 422, "validation_error")
        assert outcome_of(hot) == outcome_of(plain)


async def test_head_is_answered_without_waiting(anna: FakeClient, club: str) -> None:
    hot, plain = [
        await anna.http.head(f"{prefix}/chats/{club}/events?after=1&wait=30", headers=anna.headers)
        for prefix in (API, PLAIN)
    ]
    assert (hot.status_code, hot.headers["content-length"]) == (plain.status_code, plain.headers["content-length"])


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer none"}, {"Authorization": "Basic YTpi"}])
async def test_a_caller_that_is_not_signed_in_is_refused(anna: FakeClient, club: str, headers: dict[str, str]) -> None:
    address = f"{API}/chats/{club}/messages"
    answers = [
        await anna.http.get(address, headers=headers),
        await anna.http.post(address, json={"text": "a"}, headers=headers),
        await anna.http.get(f"{API}/chats/{club}/events?after=0", headers=headers),
        await anna.http.get(f"{API}/accounts/me/events?after=0", headers=headers),
    ]
    for answer in answers:
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
