"""The format of a body is checked alike at every address, on hot routes and others."""

import asyncio
import gzip
import json
from typing import Any
from uuid import uuid4

import httpx
from loguru import logger

from app.fastapi_engine.middlewares import log_middleware
from tests.fakers import API, PASSWORD, FakeClient, eventually, ok, problem

JSON_TYPES = [
    "application/json",
    "application/json; charset=utf-8",
    "application/json;charset=UTF-8",
    "Application/JSON",
    'application/json;charset="utf-8"',
    "application/json ; charset=utf8",
    "application/json; profile=x; charset=utf-8",
    "application/json;",
    "application/vnd.api+json",
    "application/problem+json; charset=utf-8",
]
OTHER_TYPES = [
    "text/plain",
    "text/json",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonp",
    "application/x-json",
    "application/json, text/plain",
    "application/+json",
    "json",
    "*/*",
    "",
    ";",
    "application/json; charset=windows-1251",
    "application/json; charset=utf-16",
    "application/json; charset=utf-8; charset=utf-16",
    "application/json; charset=utf-16; charset=utf-8",
    "application/json; charset=",
    "application/json" + ";a=b" * 100,
]
CODINGS = [
    "gzip",
    "br",
    "deflate",
    "zstd",
    "x-gzip",
    "GZIP",
    "gzip, identity",
    "identity, gzip",
    "unknown",
    "aws-chunked",
]
REFUSALS = {"JSON": "application/json", "form": "application/x-www-form-urlencoded, multipart/form-data"}


async def post(user: FakeClient, path: str, body: bytes, *headers: tuple[str, str]) -> httpx.Response:
    """Sends exactly these headers in addition to the token."""
    given = [*user.headers.items(), *headers]
    return await user.http.request("POST", f"{API}{path}", content=body, headers=given)


def a_message() -> bytes:
    return json.dumps({"text": "привет", "client_msg_id": str(uuid4())}).encode()


def refusal(answer: httpx.Response) -> tuple[str | None, str | None]:
    problem(answer, 415, "unsupported_media_type")
    return answer.headers.get("accept"), answer.headers.get("accept-encoding")


async def test_every_media_type_of_json_is_accepted(anna: FakeClient, club: str) -> None:
    for kind in JSON_TYPES:
        assert ok(await post(anna, f"/chats/{club}/messages", a_message(), ("Content-Type", kind)))["text"] == "привет"
        assert (await post(anna, "/chats", b'{"type": "group", "title": "x"}', ("Content-Type", kind))).is_success, kind


async def test_another_media_type_is_refused_and_the_supported_one_is_named(anna: FakeClient, club: str) -> None:
    for kind in OTHER_TYPES:
        for path in (f"/chats/{club}/messages", "/chats", "/accounts/sign-in"):
            answer = await post(anna, path, a_message(), ("Content-Type", kind))
            assert refusal(answer) == (REFUSALS["JSON"], None), (kind, path)
    for kinds in (["application/json", "text/plain"], ["text/plain", "application/json"], ["application/json"] * 2):
        answer = await post(anna, f"/chats/{club}/messages", a_message(), *(("Content-Type", kind) for kind in kinds))
        assert refusal(answer) == (REFUSALS["JSON"], None), kinds


async def test_a_body_needs_a_content_type_and_no_body_needs_none(anna: FakeClient, club: str) -> None:
    for path in (f"/chats/{club}/messages", "/chats", "/accounts/sign-up"):
        assert refusal(await post(anna, path, a_message())) == (REFUSALS["JSON"], None)
        assert refusal(await post(anna, path, a_message(), ("Content-Type", ""))) == (REFUSALS["JSON"], None)
        problem(await post(anna, path, b""), 422, "validation_error")
        problem(await post(anna, path, b"", ("Content-Type", "")), 422, "validation_error")
    # A route without a body ignores it.
    assert (await post(anna, "/accounts/sign-out", b"x", ("Content-Type", "text/plain"))).status_code == 204


async def test_a_compressed_body_is_refused_and_the_supported_encoding_is_named(anna: FakeClient, club: str) -> None:
    for coding in CODINGS:
        for path in (f"/chats/{club}/messages", "/chats", "/accounts/sign-up"):
            for body in (gzip.compress(a_message()), a_message()):
                answer = await post(
                    anna, path, body, ("Content-Type", "application/json"), ("Content-Encoding", coding)
                )
                assert refusal(answer) == (None, "identity"), (coding, path)
    answer = await post(
        anna,
        f"/chats/{club}/messages",
        a_message(),
        ("Content-Encoding", "identity"),
        ("Content-Encoding", "gzip"),
        ("Content-Type", "application/json"),
    )
    assert refusal(answer) == (None, "identity")
    plain = ("Content-Type", "application/json"), ("Content-Encoding", "identity")
    assert (await post(anna, f"/chats/{club}/messages", a_message(), *plain)).status_code == 201


async def test_the_form_route_accepts_forms_only(anna: FakeClient) -> None:
    form = f"username={anna.username}&password={PASSWORD.replace(' ', '+')}".encode()
    usual = ("Content-Type", "application/x-www-form-urlencoded")
    path = "/accounts/token"
    for kind in (usual[1], "Application/X-WWW-Form-URLencoded", f"{usual[1]}; charset=UTF-8"):
        assert (await post(anna, path, form, ("Content-Type", kind))).status_code == 200, kind
    parts = {"username": (None, anna.username), "password": (None, PASSWORD)}
    assert (await anna.http.post(f"{API}{path}", files=parts)).status_code == 200
    for kind in ("application/json", "text/plain", "", f"{usual[1]}; charset=windows-1251"):
        assert refusal(await post(anna, path, form, ("Content-Type", kind))) == (REFUSALS["form"], None), kind
    assert refusal(await post(anna, path, form)) == (REFUSALS["form"], None)
    assert refusal(await post(anna, path, form, usual, ("Content-Encoding", "gzip"))) == (None, "identity")
    problem(await post(anna, path, b"", usual), 422, "validation_error")


async def test_every_route_with_a_body_checks_its_format(server: httpx.AsyncClient, anna: FakeClient) -> None:
    for method, path, operation in await operations_with_a_body(server):
        types = operation["requestBody"]["content"]
        answers = operation["responses"].get("200", {}).get("content", {})
        if "text/plain" in answers or any(kind.endswith("octet-stream") for kind in types):
            # The route itself reads the bytes of a file, or a body of another product's protocol.
            continue
        headers = {**anna.headers, "Content-Type": "text/plain"}
        answer = await server.request(method, path, content=b"x", headers=headers)
        expected = REFUSALS["JSON" if "application/json" in types else "form"]
        assert refusal(answer) == (expected, None), (method, path)


async def test_every_route_that_needs_a_token_asks_for_it_before_it_checks_the_body(server: httpx.AsyncClient) -> None:
    protected = [
        (method, path)
        for method, path, operation in await operations_with_a_body(server)
        if operation["security"] and {} not in operation["security"]
    ]
    assert ("post", f"{API}/chats/{{chat_id}}/messages") in protected
    for method, path in protected:
        for token in ({}, {"Authorization": "Bearer nonsense"}):
            for kind, body in (("text/plain", b"x"), ("application/json", b"{"), ("application/json", b"[]")):
                answer = await server.request(method, path, content=body, headers={"Content-Type": kind, **token})
                problem(answer, 401, "unauthenticated")
                assert answer.headers["www-authenticate"] == "Bearer"


async def operations_with_a_body(server: httpx.AsyncClient) -> list[tuple[str, str, dict[str, Any]]]:
    paths = (await server.get("/openapi.json")).json()["paths"]
    return [
        (method, path, operation)
        for path, operations in paths.items()
        for method, operation in operations.items()
        if "requestBody" in operation
    ]


async def test_json_is_utf_8_without_a_byte_order_mark(anna: FakeClient, club: str, live_server: str) -> None:
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "cp1251"):
        text = json.dumps({"text": "привет", "type": "group", "title": "привет"}, ensure_ascii=False)
        for path in (f"/chats/{club}/messages", "/chats"):
            for kind in ("application/json", "application/vnd.api+json"):
                answer = await post(anna, path, text.encode(encoding), ("Content-Type", kind))
                problem(answer, 422, "validation_error")
    assert await anna.events(club, after=2) == []


async def leave_in_the_middle(address: str, head: str) -> None:
    host, port = address.split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(head.encode() + b'{"text": "he')
    await writer.drain()
    writer.close()
    await writer.wait_closed()


async def test_a_client_that_disconnects_in_the_middle_of_a_body_is_no_error(
    anna: FakeClient, club: str, live_server: str, server: httpx.AsyncClient, quiet_log: list[str]
) -> None:
    """On a hot route, a plain route and a form: it counts as 499, and not as an error of server or client."""
    lines: list[Any] = []
    # Not the lines of mails, which may still be sent for the accounts.
    sink = logger.add(lines.append, level="INFO", format="{message}", filter=log_middleware.__name__)

    async def all_are_counted() -> bool:
        return len(lines) == 2 * len(paths)

    kind = {"token": "application/x-www-form-urlencoded"}
    paths = [f"{API}/chats/{club}/messages", f"{API}/chats", f"{API}/accounts/token", f"{API}/accounts/sign-in"]
    for path in paths:
        for length in ("Content-Length: 100", "Transfer-Encoding: chunked"):
            content_type = kind.get(path.rpartition("/")[2], "application/json")
            await leave_in_the_middle(
                live_server,
                f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {anna.headers['Authorization']}\r\n"
                f"Content-Type: {content_type}\r\n{length}\r\n\r\n" + ("c\r\n" if "chunked" in length else ""),
            )
    await eventually(all_are_counted)
    logger.remove(sink)
    assert {str(line).split()[2] for line in lines} == {"499"}, lines
    metrics = (await server.get("/metrics")).text
    assert 'status="499"' in metrics
