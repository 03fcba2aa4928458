"""All input has a maximum size. Each limit has a problem of its own, and none is an internal error."""

import gzip
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from app.resources.constants import MAX_BODY_BYTES, MAX_CHAT_BYTES
from tests.fakers import API, FakeClient, ok, problem
from tests.servers import client_of_port

MIB = 2**20
PACKED = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

server = client_of_port


async def in_pieces(size: int) -> AsyncIterator[bytes]:
    """Yields a body without a declared length."""
    for _ in range(size // 65_536 + 1):
        yield b"x" * 65_536


async def test_a_body_has_a_maximum_size_however_it_is_sent(server: httpx.AsyncClient, anna: FakeClient) -> None:
    """Each call has its own limit: what it may need, and no more."""
    for path, largest in (("/chats", MAX_CHAT_BYTES), ("/accounts/refresh", MAX_BODY_BYTES)):
        for content in (b"x" * (largest + 1), in_pieces(2 * MIB)):
            refused = await anna.call("POST", path, content=content)
            problem(refused, 413, "payload_too_large")
    body = json.dumps({"type": "group", "title": "x"}).encode()
    anna.headers["Content-Type"] = "application/json"
    ok(await anna.call("POST", "/chats", content=body + b" " * (MAX_CHAT_BYTES - len(body))))


async def test_the_body_of_a_caller_without_a_session_is_small_or_not_read(
    server: httpx.AsyncClient, club: str
) -> None:
    for path in ("/accounts/sign-in", "/accounts/sign-up", "/accounts/token"):
        refused = await server.post(f"{API}{path}", content=b"x" * (MAX_BODY_BYTES + 1))
        problem(refused, 413, "payload_too_large")
    for path in ("/chats", f"/chats/{club}/messages"):
        for content in (b"x" * (MAX_BODY_BYTES + 1), in_pieces(2 * MIB)):
            problem(await server.post(f"{API}{path}", content=content), 401, "unauthenticated")


async def test_the_largest_chat_and_message_fit(anna: FakeClient) -> None:
    """With every character as an escape, which JSON allows."""
    widest = "\U0001f600"
    chat = ok(await anna.post("/chats", {"type": "group", "title": widest * 128, "description": widest * 1000}))
    message = {"text": widest * 4000}
    assert len(json.dumps(message)) > 3 * MAX_BODY_BYTES - 2_000
    anna.headers["Content-Type"] = "application/json"
    ok(await anna.call("POST", f"/chats/{chat['id']}/messages", content=json.dumps(message).encode()))
    ok(
        await anna.call(
            "PATCH", f"/chats/{chat['id']}/messages/1", content=json.dumps({"text": ": " * 1999 + "!"}).encode()
        )
    )


async def test_too_many_members_are_one_error(server: httpx.AsyncClient, anna: FakeClient, club: str) -> None:
    many = json.dumps(dict.fromkeys(map(str, range(1_000)), 1)).encode()
    anna.headers["Content-Type"] = "application/json"
    for path in ("/accounts/sign-in", "/accounts/sign-up", "/chats", f"/chats/{club}/messages"):
        reported = problem(await anna.call("POST", path, content=many), 422, "validation_error")
        assert len(reported["errors"]) == 1
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for content in (b"&" * 16_000, b"a=1&" * 4_000, b"grant_type=password&" * 800):
        refused = await server.post(f"{API}/accounts/token", content=content, headers=form)
        assert len(problem(refused, 422, "validation_error")["errors"]) == 1


async def test_a_compressed_body_is_not_decompressed(anna: FakeClient) -> None:
    packed = gzip.compress(json.dumps({"type": "group"}).encode() + b" " * (2 * MIB))
    refused = await anna.http.post(f"{API}/chats", content=packed, headers=anna.headers | PACKED)
    problem(refused, 415, "unsupported_media_type")


@pytest.mark.parametrize("depth", [500, 10_000, 40_000])
async def test_a_deeply_nested_body_is_invalid(anna: FakeClient, club: str, depth: int) -> None:
    anna.headers["Content-Type"] = "application/json"
    for body in (
        b"[" * depth,
        b"[" * depth + b"]" * depth,
        b'{"a":' * depth,
        b'{"text": ' + b"[" * depth + b"]" * depth + b"}",
    ):
        problem(await anna.call("POST", f"/chats/{club}/messages", content=body), 422, "validation_error")


async def test_an_address_has_a_maximum_length(anna: FakeClient) -> None:
    problem(await anna.get("/accounts", query="x" * 9_000), 414, "uri_too_long")
    problem(await anna.get("/" + "x" * 9_000), 414, "uri_too_long")
    problem(await anna.get("/accounts", query="x" * 1_000), 422, "validation_error")


@pytest.mark.parametrize("path", ["/chats", "/accounts", "/chats/{}/members", "/chats/{}/messages", "/chats/{}/events"])
async def test_a_page_has_a_maximum_size(anna: FakeClient, club: str, path: str) -> None:
    ok(await anna.get(path.format(club), limit=200))
    for limit in (201, 10**30, 0, -1):
        problem(await anna.get(path.format(club), limit=limit), 422, "validation_error")
