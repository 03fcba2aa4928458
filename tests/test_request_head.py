"""HEAD is GET without a body (RFC 9110, section 9.3.2), at every address that answers GET."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from tests.fakers import API, FakeClient

OUTSIDE_THE_PREFIX = [
    "/",
    "/healthcheck",
    "/healthcheck/live",
    "/healthcheck/ready",
    "/metrics",
    "/docs",
    "/docs/assets/swagger-ui.css",
    "/openapi.json",
    "/asyncapi.json",
    "/ui",
    "/ui/js/main.js",
]
DIFFER_EACH_TIME = frozenset({"x-request-id", "date"})
LENGTH_DIFFERS_EACH_TIME = ("/healthcheck", "/metrics")


@pytest.fixture
async def caller(anna: FakeClient, live_server: str) -> AsyncIterator[FakeClient]:
    """Anna over a real connection: the server, not the application, omits the body."""
    async with httpx.AsyncClient(base_url=f"http://{live_server}", timeout=30) as anna.http:
        yield anna


def fields(answer: httpx.Response, *, but_for: frozenset[str] = DIFFER_EACH_TIME) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in but_for}


async def test_head_has_the_headers_of_get_and_no_body(caller: FakeClient, boris: FakeClient) -> None:
    club = await caller.open_chat(boris, title="Клуб")
    await caller.send(club)
    inside = [
        "/accounts/me",
        "/accounts/sessions",
        "/accounts?query=anna",
        f"/accounts/{boris.id}",
        "/accounts/none",
        "/accounts/me/events?after=0",
        "/accounts/me/events?after=999",
        "/chats",
        "/chats?limit=0",
        f"/chats/{club}",
        f"/chats/{club}/members",
        f"/chats/{club}/messages",
        f"/chats/{club}/messages?limit=1",
        f"/chats/{club}/messages/1",
        f"/chats/{club}/messages/2",
        f"/chats/{club}/events?after=0",
        "/catalogues",
        "/catalogues/languages",
        "/nowhere",
    ]
    for address in [*OUTSIDE_THE_PREFIX, *(f"{API}{path}" for path in inside)]:
        got = await caller.http.get(address, headers=caller.headers)
        head = await caller.http.head(address, headers=caller.headers)
        assert (head.status_code, head.content) == (got.status_code, b""), address
        left_out = {"content-length"} if address.startswith(LENGTH_DIFFERS_EACH_TIME) else set()
        but_for = DIFFER_EACH_TIME | left_out
        assert fields(head, but_for=but_for) == fields(got, but_for=but_for), address
        assert int(head.headers["content-length"]) > 0 or got.status_code == 307, address


async def test_head_needs_the_rights_of_get(caller: FakeClient, stranger: FakeClient, boris: FakeClient) -> None:
    club = await caller.open_chat(boris)
    for path in ("/chats", f"/chats/{club}", f"/chats/{club}/messages", f"/chats/{club}/events"):
        assert (await caller.http.head(f"{API}{path}")).status_code == 401, path
    for path in (f"/chats/{club}", f"/chats/{club}/messages", f"/chats/{club}/events?wait=30"):
        assert (await caller.http.head(f"{API}{path}", headers=stranger.headers)).status_code == 404, path


async def test_head_does_not_wait_for_events(caller: FakeClient, boris: FakeClient) -> None:
    """The connection serves the next request: no byte of a body was left in it."""
    club = await caller.open_chat(boris)
    for address in (f"{API}/chats/{club}/events", f"{API}/accounts/me/events"):
        head = await caller.http.head(f"{address}?after=1&wait=30", headers=caller.headers, timeout=10)
        assert (head.status_code, head.headers["content-type"]) == (200, "application/json")
        head = await caller.http.head(
            f"{address}?after=1", headers={**caller.headers, "Accept": "text/event-stream"}, timeout=10
        )
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"].startswith("text/event-stream")
        assert head.headers["x-accel-buffering"] == "no"
        assert "content-length" not in head.headers
        head = await caller.http.head(
            f"{address}?after=999", headers={**caller.headers, "Accept": "text/event-stream"}, timeout=10
        )
        assert head.status_code == 410


async def test_head_is_an_operation_of_its_own_in_tus_only(app: FastAPI, server: httpx.AsyncClient) -> None:
    paths = (await server.get("/openapi.json")).json()["paths"]
    assert [path for path, item in paths.items() if "head" in item] == [f"{API}/attachments/{{attachment_id}}"]


async def test_a_route_without_get_has_no_head(server: httpx.AsyncClient) -> None:
    for path in ("/accounts/me/password", "/catalogues/languages/items/ru"):
        refused = await server.head(f"{API}{path}")
        assert refused.status_code == 405
        assert "HEAD" not in refused.headers["allow"]
