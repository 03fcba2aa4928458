"""Pages and apps of other origins: allowed ones can read every response, all others none."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from os import urandom

import httpx
import pytest
from pydantic import ValidationError

from app.fastapi_engine.constructor import build_app
from app.fastapi_engine.proxies import proxy_options
from app.settings import Settings
from app.settings.app_settings import AppSettings
from app.settings.db_settings import DbSettings
from app.settings.limits_settings import LimitsSettings
from tests.fakers import API, problem
from tests.servers import listening, served

PAGE, APP = "https://app.example.com", "capacitor://localhost"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
SAME = [
    ("https://chat.example.com", "chat.example.com"),
    ("https://chat.example.com:443", "chat.example.com"),
    ("http://chat.example.com:80", "chat.example.com"),
    ("https://chat.example.com", "chat.example.com:443"),
    ("http://chat.example.com", "chat.example.com:80"),
    ("https://Chat.Example.COM", "chat.example.com"),
    ("HTTPS://chat.example.com", "CHAT.example.com"),
    ("https://chat.example.com", "chat.example.com:"),
    ("wss://chat.example.com:443", "chat.example.com"),
    ("ws://chat.example.com", "chat.example.com:80"),
    ("https://chat.example.com:8443", "chat.example.com:8443"),
    ("http://[::1]:8788", "[::1]:8788"),
    ("http://[2001:DB8::1]:80", "[2001:db8::1]"),
    ("http://192.0.2.1:8788", "192.0.2.1:8788"),
    ("HTTPS://APP.example.com:443", "chat.example.com"),
    (APP, "chat.example.com"),
]
OTHER = [
    ("https://evil.example", "chat.example.com"),
    ("https://chat.example.com.evil.example", "chat.example.com"),
    ("https://evilchat.example.com", "chat.example.com"),
    ("https://chat.example.com:8443", "chat.example.com"),
    ("https://chat.example.com", "chat.example.com:8443"),
    ("https://chat.example.com:80", "chat.example.com"),
    ("http://chat.example.com", "chat.example.com:443"),
    ("https://chat.example.com:443@evil.example", "chat.example.com"),
    ("https://evil.example/chat.example.com", "chat.example.com"),
    ("https://chat.example.com/", "chat.example.com"),
    ("https://chat.example.com#", "chat.example.com"),
    ("https://chat.example.com, https://evil.example", "chat.example.com"),
    ("https://chat.example.com:", "chat.example.com"),
    ("https://chat.example.com:0x1bb", "chat.example.com"),
    ("chat.example.com", "chat.example.com"),
    ("//chat.example.com", "chat.example.com"),
    ("capacitor://chat.example.com", "chat.example.com"),
    ("ionic://localhost", "chat.example.com"),
    ("null", "null"),
    ("file://", "chat.example.com"),
    ("garbage[", "garbage["),
    ("https://[::1", "[::1"),
]


@pytest.fixture
def settings_of_page(base_settings: Settings) -> Settings:
    """Settings without a database: nothing listens at its address."""
    nowhere = DbSettings(server_address="127.0.0.1", server_port=1)
    return replace(base_settings, db=nowhere, app=AppSettings(cors_origins=("https://App.example.com:443", APP)))


@pytest.fixture
async def http(settings_of_page: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with served(build_app(settings_of_page)) as http:
        yield http


async def test_an_allowed_page_can_read_every_response(http: httpx.AsyncClient, settings_of_page: Settings) -> None:
    answers = [
        (200, await http.get("/healthcheck/live", headers={"Origin": PAGE})),
        (200, await http.head("/healthcheck/live", headers={"Origin": PAGE})),
        (200, await http.get("/healthcheck/live", headers={"Origin": APP})),
        (307, await http.get("/", headers={"Origin": PAGE})),
        (401, await http.get(f"{API}/accounts/me", headers={"Origin": PAGE})),
        (404, await http.get("/nowhere", headers={"Origin": PAGE})),
        (404, await http.get("/healthcheck/", headers={"Origin": PAGE})),
        (405, await http.delete("/healthcheck", headers={"Origin": PAGE})),
        (413, await http.post(f"{API}/accounts/sign-in", content=b"x" * 2**21, headers={"Origin": PAGE})),
        (414, await http.get(f"{API}/accounts?query={'x' * 9000}", headers={"Origin": PAGE})),
        (415, await http.post(f"{API}/accounts/sign-in", content=b"x", headers={"Origin": PAGE})),
        (422, await http.post(f"{API}/accounts/sign-in", json={}, headers={"Origin": PAGE})),
        (503, await http.post(f"{API}/accounts/refresh", json={"refresh_token": "x"}, headers={"Origin": PAGE})),
    ]
    limited = replace(settings_of_page, limits=LimitsSettings(address="1/minute"))
    async with served(build_app(limited)) as narrow:
        await narrow.get(f"{API}/chats")
        answers.append((429, await narrow.get(f"{API}/chats", headers={"Origin": PAGE})))
    for status, answer in answers:
        assert answer.status_code == status, answer.text
        assert answer.headers["access-control-allow-origin"] == answer.request.headers["origin"]
        assert "Origin" in answer.headers["vary"]
        exposed = answer.headers["access-control-expose-headers"].split(", ")
        assert {"X-Request-ID", "Retry-After", "ETag", "Idempotent-Replayed", "Allow"} <= set(exposed)


async def test_all_documented_methods_and_headers_may_be_sent(http: httpx.AsyncClient) -> None:
    paths = (await http.get("/openapi.json")).json()["paths"].values()
    parameters = [
        parameter for path in paths for operation in path.values() for parameter in operation.get("parameters", ())
    ]
    headers = {parameter["name"].lower() for parameter in parameters if parameter["in"] == "header"}
    assert {"if-none-match", "accept-language"} <= headers
    for header in headers | {"authorization", "content-type", "x-request-id", "If-None-Match"}:
        answer = await preflight(http, PAGE, "GET", f"authorization, {header}")
        assert answer.status_code == 200, header
    for method in METHODS:
        answer = await preflight(http, APP, method, "authorization")
        assert answer.status_code == 200, method
        assert answer.headers["access-control-allow-origin"] == APP


async def test_a_refused_preflight_is_a_problem(http: httpx.AsyncClient) -> None:
    for origin, method, headers in (
        (PAGE, "TRACE", "authorization"),
        (PAGE, "GET", "x-unknown"),
        ("https://evil.example", "GET", "authorization"),
        ("null", "GET", "authorization"),
    ):
        refused = await preflight(http, origin, method, headers)
        assert problem(refused, 400, "bad_request")["instance"] == f"{API}/chats"
        assert refused.headers.get("access-control-allow-origin") == (PAGE if origin == PAGE else None)


async def test_other_origins_can_read_no_response(http: httpx.AsyncClient) -> None:
    for origin in ("https://evil.example", "null", f"{PAGE}.evil.example", "http://app.example.com", "app.example.com"):
        for path in ("/healthcheck/live", "/nowhere", f"{API}/chats"):
            assert "access-control-allow-origin" not in (await http.get(path, headers={"Origin": origin})).headers


def test_an_invalid_origin_in_the_settings_is_refused() -> None:
    assert AppSettings(cors_origins=("HTTP://Localhost:80", "tauri://localhost")).cors_origins == (
        "http://localhost",
        "tauri://localhost",
    )
    for text in ("*", "null", "https://", "https://a.example/", "https://a.example/x", "a.example", "https://a b"):
        with pytest.raises(ValidationError):
            AppSettings(cors_origins=(text,))


@pytest.mark.parametrize("forwarded", [None, "https", "http"])
async def test_sockets_accept_the_servers_own_pages_and_allowed_origins_only(
    settings_of_page: Settings, forwarded: str | None
) -> None:
    """Also behind a trusted proxy that terminates TLS."""
    trusting = AppSettings(trusted_proxies=("127.0.0.1",))
    options = proxy_options(trusting) if forwarded else {}
    more = {"X-Forwarded-Proto": forwarded} if forwarded else {}
    async with listening(build_app(settings_of_page), **options) as address:
        for cases, status in ((SAME, 101), (OTHER, 403)):
            for origin, host in cases:
                answered = await shake_hands(address, {"Host": host, "Origin": origin, **more})
                assert answered == status, (origin, host)


async def preflight(http: httpx.AsyncClient, origin: str, method: str, headers: str) -> httpx.Response:
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return await http.options(f"{API}/chats", headers={"Origin": origin, **asked})


async def shake_hands(address: str, headers: Mapping[str, str]) -> int:
    """Sends a WebSocket handshake. Returns the status of the response."""
    given = dict(headers) | {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": b64encode(urandom(16)).decode(),
    }
    reader, writer = await asyncio.open_connection(*address.split(":"))
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    writer.write(f"GET {API}/ws HTTP/1.1\r\n{lines}\r\n".encode())
    async with asyncio.timeout(30):
        answer = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return int(answer.split()[1])
