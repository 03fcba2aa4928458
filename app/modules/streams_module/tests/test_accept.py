"""`Accept` selects a page or server-sent events by the weights of RFC 9110 (12.5.1)."""

import asyncio

import httpx
import pytest

from tests.fakers import API, FakeClient

STREAM, PAGE = "text/event-stream", "application/json"
CASES: list[tuple[list[str], str]] = [
    ([], PAGE),
    ([""], PAGE),
    (["*/*"], PAGE),
    ([PAGE], PAGE),
    ([STREAM], STREAM),
    (["Text/Event-Stream"], STREAM),
    (["text/event-stream; charset=utf-8"], STREAM),
    (["text/event-stream;q=0.001"], STREAM),
    (["text/event-stream, */*"], STREAM),
    (["*/*, text/event-stream"], STREAM),
    (["text/event-stream, */*;q=0.1"], STREAM),
    (["text/event-stream;q=0.9, application/json;q=0.8"], STREAM),
    (["application/json, text/event-stream"], STREAM),
    (["text/html, text/event-stream"], STREAM),
    (["text/*"], STREAM),
    (["text/*, */*;q=0.5"], STREAM),
    (["application/json;q=0, */*"], STREAM),
    (["application/json;Q=0.5, text/event-stream;Q=1.0"], STREAM),
    (["application/json;q=0.1", "text/event-stream"], STREAM),
    (["text/html", "*/*;q=0.1", "TEXT/EVENT-STREAM"], STREAM),
    (["application/json, text/event-stream;q=0.5"], PAGE),
    (["application/json;q=0.9, text/event-stream;q=0.8"], PAGE),
    (["text/event-stream;q=0, application/json"], PAGE),
    (["text/event-stream;q=0"], PAGE),
    (["text/event-stream;q=0.000, */*"], PAGE),
    (["text/event-stream;q=0", "*/*"], PAGE),
    (["*/*;q=0.1, application/json;q=0.2"], PAGE),
    (["text/*, application/json"], PAGE),
    (["text/html"], PAGE),
    (["text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8"], PAGE),
    (["application/json, text/plain, */*"], PAGE),
    (["text/event-streams"], PAGE),
    (["xtext/event-stream"], PAGE),
    (["text/event-stream;q=2"], PAGE),
    (["text/event-stream;q=x"], PAGE),
    (["event-stream"], PAGE),
    (["," * 20_000], PAGE),
]


@pytest.mark.parametrize("path", ["/chats/{club}/events", "/accounts/me/events"])
async def test_the_preferred_format_is_returned(anna: FakeClient, club: str, live_server: str, path: str) -> None:
    """Both code paths are tested: the server has a slower one for queries with unknown parameters."""
    address = f"http://{live_server}{API}{path.format(club=club)}"
    async with httpx.AsyncClient(timeout=30) as http:
        # httpx sends `*/*` by default.
        del http.headers["accept"]
        for accept, expected in CASES:
            for query in ("after=0", "unknown=1&after=0"):
                headers = [*anna.headers.items(), *(("Accept", value) for value in accept)]
                async with asyncio.timeout(30), http.stream("GET", f"{address}?{query}", headers=headers) as answer:
                    kind = answer.headers["content-type"].partition(";")[0]
                    assert (answer.status_code, kind) == (200, expected), accept
