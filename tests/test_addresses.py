"""Each endpoint has one address: similar addresses lead to no endpoint."""

from collections.abc import Mapping
from itertools import product
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.fakers import API, problem
from tests.servers import served

CHAT = str(uuid4())
ADDRESSES = [
    "/healthcheck",
    "/healthcheck/live",
    "/docs",
    "/docs/assets/swagger-ui.css",
    "/openapi.json",
    "/metrics",
    f"{API}/chats",
    f"{API}/accounts/me",
    f"{API}/chats/{CHAT}/messages",
    f"{API}/chats/{CHAT}/events",
    f"{API}/catalogues/languages",
    f"{API}/catalogues/time-zones/items/Europe/Moscow",
]


def spellings(address: str) -> list[str]:
    """Returns variants of an address that a careless client or an attacker may use."""
    first, _, rest = address[1:].partition("/")
    last = address.rpartition("/")[2]
    return [
        f"{address}/",
        f"{address}//",
        f"/{address}",
        f"//evil.example.com/..{address}",
        f"/.{address}",
        f"{address}/.",
        f"{address}/..",
        f"/x/..{address}",
        f"{address}/../{last}",
        address.replace("/", "//"),
        f"/{first}/./{rest}",
        f"/{first}/../{first}/{rest}",
        f"{address}%2F",
        f"{address}%2f..%2f{last}",
        f"{address}%00",
        f"{address}%0A",
        f"{address}%0D%0A",
        f"{address}%20",
        f"{address};v=1",
        f"{address}%3Fx=1",
        f"{address}%23",
        address.upper(),
        f"{address}\\",
    ]


@pytest.fixture
def offline(base_settings: Settings) -> FastAPI:
    """An application without a database."""
    return build_app(base_settings)


async def ask(app: FastAPI, method: str, address: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """Sends the path exactly as it is written: httpx would remove dot segments. It is decoded as uvicorn does."""
    sent: list[Any] = []
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(address),
        "raw_path": address.encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=sent[1]["body"])


async def test_no_answer_leads_to_another_scheme_or_host(offline: FastAPI) -> None:
    said = {"Host": "chat.example.com", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example.com"}
    async with served(offline):
        for address, method in product(ADDRESSES, ("GET", "HEAD", "POST", "DELETE")):
            for spelling in spellings(address):
                answer = await ask(offline, method, spelling, said)
                assert "location" not in answer.headers, spelling
                assert answer.status_code >= 400 or "/items/" in address, spelling
        for method in ("GET", "HEAD"):
            assert (await ask(offline, method, "/", said)).headers["location"] == "/docs"


async def test_a_trailing_slash_makes_another_address(offline: FastAPI) -> None:
    async with served(offline) as http:
        for address in ADDRESSES:
            for method in ("GET", "POST"):
                if "/items/" not in address:
                    problem(await http.request(method, f"{address}/"), 404, "not_found")


async def test_the_route_index_finds_the_same_as_the_router(offline: FastAPI, base_settings: Settings) -> None:
    """An address that only one of them knows would bypass the checks of the other."""
    plain = build_app(base_settings)
    index = plain.user_middleware.pop()
    assert repr(index) == "Middleware(RouteIndex)"
    async with served(offline), served(plain):
        for address, method in product(ADDRESSES, ("GET", "POST", "DELETE")):
            for spelling in [address, *spellings(address)]:
                # The router's patterns also match before a line break.
                if not spelling.endswith("%0A"):
                    answers = [await ask(app, method, spelling) for app in (offline, plain)]
                    assert answers[0].status_code == answers[1].status_code, (method, spelling)


async def test_a_wrong_method_gets_the_list_of_allowed_ones(app: FastAPI, server: httpx.AsyncClient) -> None:
    document = (await server.get("/openapi.json")).json()
    for template, operations in document["paths"].items():
        path = template.replace("{chat_id}", CHAT)
        expected = {name.upper() for name in operations} | ({"HEAD"} if "get" in operations else set())
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - expected:
            answer = await server.request(method, path)
            if answer.status_code == 405:
                assert set(answer.headers["allow"].split(", ")) >= expected, (method, path)
            else:
                # Another template matches the same address.
                assert answer.status_code in (401, 422), (method, path)
    for path in ("/docs", "/docs/assets/swagger-ui.css", "/openapi.json", "/asyncapi.json", "/ui", "/ui/js/main.js"):
        refused = await server.post(path)
        problem(refused, 405, "method_not_allowed")
        assert set(refused.headers["allow"].split(", ")) == {"GET", "HEAD"}, path
