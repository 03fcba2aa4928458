"""What is asked often takes a shorter way; nobody can tell it by the answer."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.responses import Response

from app.modules.accounts_module.api.routes import me
from app.modules.accounts_module.services.tokens import Identity
from app.modules.chats_module.api.routes import events
from app.services.http_requests import CALLER
from app.utils.shortcut import shortcut_to
from tests.fakers import API, FakeClient, problem

LONG_WAY = "application/messages+json"
"""JSON as well, and not as every client says it: it goes by way of FastAPI."""
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
FOR_ITSELF = frozenset({"id", "seq", "client_msg_id", "created_at", "request_id"})
"""What differs from message to message, and from answer to answer."""


def told(answer: httpx.Response) -> tuple[int, str, Any]:
    body = {key: value for key, value in answer.json().items() if key not in FOR_ITSELF}
    return answer.status_code, answer.headers["content-type"], body


async def test_a_send_is_answered_alike_either_way(anna: FakeClient, club: str) -> None:
    for body in BODIES:
        ways = [
            await anna.http.post(
                f"{API}/chats/{club}/messages", content=body.encode(), headers={**anna.headers, "Content-Type": kind}
            )
            for kind in ("application/json", LONG_WAY)
        ]
        if ways[0].status_code == 201 and "client_msg_id" in body:
            assert [way.status_code for way in ways] == [201, 200], body
            assert ways[0].json() == ways[1].json(), body
        else:
            assert told(ways[0]) == told(ways[1]), body


async def test_an_address_is_read_alike_either_way(anna: FakeClient, club: str) -> None:
    headers = [{**anna.headers, "Content-Type": kind} for kind in ("application/json", LONG_WAY)]
    for chat in ("none", "3c9f4f0e-0b7e-4c39-a3b3-6b1f3f0d2a55", club, f"urn:uuid:{club}", f"{{{club}}}"):
        address = f"{API}/chats/{chat}/messages"
        short, long = [await anna.http.post(address, content=b'{"text": "a"}', headers=each) for each in headers]
        assert told(short) == told(long), chat
        short, long = [await anna.http.get(f"{address}{query}", headers=anna.headers) for query in ("", "?&")]
        assert told(short) == told(long), chat


async def test_a_page_is_answered_alike_either_way(anna: FakeClient, club: str) -> None:
    """What nobody asks for makes it the long way, and changes nothing."""
    for number in range(4):
        await anna.send(club, f"№ {number}")
    address = f"{API}/chats/{club}/messages"
    for query in QUERIES:
        short, long = [
            await anna.http.get(f"{address}?{asked}", headers=anna.headers) for asked in (query, f"nobody=asks&{query}")
        ]
        assert told(short) == told(long), query


async def test_a_poll_is_answered_alike_either_way(anna: FakeClient, stranger: FakeClient, club: str) -> None:
    await anna.send(club)
    for person in (anna, stranger):
        for address in (f"{API}/chats/{club}/events", f"{API}/chats/none/events", f"{API}/accounts/me/events"):
            for query in POLLS:
                short, long = [
                    await person.http.get(f"{address}?{asked}", headers=person.headers)
                    for asked in (query, f"nobody=asks&{query}")
                ]
                assert told(short) == told(long), (address, query)


async def test_a_poll_that_asks_for_more_than_usual_is_heard(anna: FakeClient, club: str) -> None:
    headers = {**anna.headers, "Accept": "text/html, text/event-stream", "Last-Event-ID": "x"}
    for address in (f"{API}/chats/{club}/events", f"{API}/accounts/me/events"):
        problem(await anna.http.get(f"{address}?after=999999", headers=headers), 422, "validation_error")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer none"}, {"Authorization": "Basic YTpi"}])
async def test_who_is_not_signed_in_hears_so(anna: FakeClient, club: str, headers: dict[str, str]) -> None:
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


def endpoint_of(app: FastAPI, path: str, method: str) -> object:
    """The function behind an operation: each application has its own."""
    return next(
        context.endpoint
        for context in iter_route_contexts(app.router.routes)
        if context.path == f"{API}{path}" and method in (context.methods or ())
    )


async def test_the_usual_requests_take_the_short_way(app: FastAPI, anna: FakeClient, club: str) -> None:
    """Else all of the above would compare FastAPI with itself."""
    scope: dict[str, Any] = {
        "path_params": {"chat_id": club},
        "headers": [(b"content-type", b"application/json")],
        "app": anna.http._transport.app,  # type: ignore[attr-defined]
        CALLER: Identity(UUID(anna.id), uuid4()),
    }
    usual: list[tuple[object, bytes, int]] = [
        (endpoint_of(app, "/chats/{chat_id}/messages", "POST"), b"", 201),
        (endpoint_of(app, "/chats/{chat_id}/messages", "GET"), b"before_seq=5&limit=20", 200),
        (events.list_events, b"after=0&limit=20&wait=1", 200),
        (me.my_events, b"after=0", 200),
    ]
    for endpoint, query, status in usual:
        way = shortcut_to(endpoint)
        assert way is not None
        answer = await way({**scope, "query_string": query}, b'{"text": "a"}')
        assert isinstance(answer, Response)
        assert answer.status_code == status
