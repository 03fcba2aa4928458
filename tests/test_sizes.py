"""Nothing that is sent may be of any size: each limit is a problem of its own, and none of them is a failure."""

import gzip
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.fakers import API, FakeClient, ok, problem

MIB = 2**20
PACKED = {"Content-Type": "application/json", "Content-Encoding": "gzip"}


async def in_pieces(size: int) -> AsyncIterator[bytes]:
    """A body with no length told."""
    for _ in range(size // 65_536 + 1):
        yield b"x" * 65_536


@pytest.fixture
async def server(live_server: str) -> AsyncIterator[httpx.AsyncClient]:
    """Over a real port: it is there that bodies come in pieces."""
    async with httpx.AsyncClient(base_url=f"http://{live_server}", timeout=30) as http:
        yield http


async def test_a_body_has_a_largest_size_however_it_is_sent(server: httpx.AsyncClient, anna: FakeClient) -> None:
    for content in (b"x" * (MIB + 1), in_pieces(2 * MIB)):
        refused = await anna.call("POST", "/chats", content=content)
        problem(refused, 413, "payload_too_large")
    body = json.dumps({"type": "group", "title": "x"}).encode()
    anna.headers["Content-Type"] = "application/json"
    ok(await anna.call("POST", "/chats", content=body + b" " * (MIB - len(body))))


async def test_a_packed_body_stays_packed(anna: FakeClient) -> None:
    packed = gzip.compress(json.dumps({"type": "group"}).encode() + b" " * (2 * MIB))
    refused = await anna.http.post(f"{API}/chats", content=packed, headers=anna.headers | PACKED)
    problem(refused, 415, "unsupported_media_type")


@pytest.mark.parametrize("depth", [500, 10_000, 100_000])
async def test_a_body_that_is_nested_without_end_is_not_valid(anna: FakeClient, depth: int) -> None:
    anna.headers["Content-Type"] = "application/json"
    for body in (
        b"[" * depth,
        b"[" * depth + b"]" * depth,
        b'{"a":' * depth,
        b'{"type": ' + b"[" * depth + b"]" * depth + b"}",
    ):
        problem(await anna.call("POST", "/chats", content=body), 422, "validation_error")


async def test_an_address_has_a_largest_length(anna: FakeClient) -> None:
    problem(await anna.get("/accounts", query="x" * 9_000), 414, "uri_too_long")
    problem(await anna.get("/" + "x" * 9_000), 414, "uri_too_long")
    problem(await anna.get("/accounts", query="x" * 1_000), 422, "validation_error")


@pytest.mark.parametrize("path", ["/chats", "/accounts", "/chats/{}/members", "/chats/{}/messages", "/chats/{}/events"])
async def test_a_page_has_a_largest_size(anna: FakeClient, club: str, path: str) -> None:
    ok(await anna.get(path.format(club), limit=200))
    for limit in (201, 10**30, 0, -1):
        problem(await anna.get(path.format(club), limit=limit), 422, "validation_error")
