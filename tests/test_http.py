"""Behaviour that all addresses share."""

import re
from dataclasses import replace
from uuid import uuid4

import httpx
import pytest

from app.fastapi_engine.constructor import build_app
from app.settings import Mode, Settings
from app.settings.app_settings import AppSettings
from tests.fakers import API, FakeClient, ok, problem
from tests.servers import http_client, served, without

PAGE = "https://chat.example.com"


@pytest.fixture
def offline(base_settings: Settings) -> Settings:
    """Settings without a database."""
    return base_settings


async def test_the_root_redirects_to_the_documents(offline: Settings) -> None:
    async with served(build_app(offline)) as http:
        root = await http.get("/")
        assert (root.status_code, root.headers["location"]) == (307, "/docs")
        assert (await http.get(root.headers["location"])).status_code == 200


async def test_the_documents_need_no_internet(offline: Settings) -> None:
    async with served(build_app(offline)) as http:
        page = (await http.get("/docs")).text
        assert "//" not in re.sub(r"<!--.*?-->", "", page).replace("// ", "")
        addresses = re.findall(r"""(?:src|href)="([^"]+)\"""", page)
        assert len(addresses) == 3
        for address in [*addresses, "/openapi.json"]:
            assert address.startswith("/")
            response = await http.get(address)
            assert response.status_code == 200
            assert len(response.content) > 100


async def test_the_documents_are_off_in_production(offline: Settings) -> None:
    hidden = replace(offline, app=AppSettings(mode=Mode.PROD))
    async with served(build_app(hidden)) as http:
        for address in ("/docs", "/openapi.json", "/docs/assets/swagger-ui.css"):
            problem(await http.get(address), 404, "not_found")
        assert (await http.get("/")).headers["location"] == "/healthcheck"


async def test_the_root_path_redirects_to_nothing_that_is_switched_off(offline: Settings) -> None:
    hidden = replace(without(offline, "healthcheck"), app=AppSettings(mode=Mode.PROD))
    async with served(build_app(hidden)) as http:
        problem(await http.get("/"), 404, "not_found")


async def test_a_valid_request_id_is_returned_and_any_other_is_replaced(offline: Settings) -> None:
    async with served(build_app(offline)) as http:
        for sane in ("7", "0b6f3f3f-5d1e-4f6f", "trace:a.b_c", "x" * 128):
            response = await http.get("/healthcheck/live", headers={"X-Request-ID": sane})
            assert response.headers.get_list("x-request-id") == [sane]
        given: set[str] = set()
        for insane in (None, b"", b"x" * 129, b"a b", b"a\tb", b"<script>", b"\xd1\x91"):
            headers = [(b"x-request-id", insane)] if insane is not None else []
            response = await http.get("/nowhere", headers=headers)
            (given_id,) = response.headers.get_list("x-request-id")
            assert re.fullmatch("[0-9a-f]{32}", given_id)
            assert problem(response, 404, "not_found")["request_id"] == given_id
            given.add(given_id)
        assert len(given) == 7


async def test_an_unknown_path_and_a_wrong_method_are_problems(offline: Settings) -> None:
    async with served(build_app(offline)) as http:
        for address in ("/nowhere", "/api/v1/nowhere", "/api/v2/chats", "/docs/assets/none.js", "/%00", "/\ufffd"):
            body = problem(await http.get(address), 404, "not_found")
            assert set(body) == {"type", "title", "status", "detail", "instance", "code", "request_id"}
        for method, address, allowed in (
            ("DELETE", "/healthcheck", "GET, HEAD"),
            ("PUT", f"{API}/accounts/me", "GET, HEAD, PATCH"),
            ("PATCH", f"{API}/chats", "GET, HEAD, POST"),
            ("OPTIONS", f"{API}/chats/{uuid4()}/messages/1", "DELETE, GET, HEAD, PATCH"),
            ("GET", f"{API}/catalogues/time-zones/items/Europe/Moscow", "DELETE, PATCH"),
        ):
            refused = await http.request(method, address)
            assert problem(refused, 405, "method_not_allowed")["instance"] == address
            assert refused.headers["allow"] == allowed


async def test_an_invalid_host_is_no_internal_error(offline: Settings) -> None:
    async with served(build_app(offline)) as http:
        for host in ("[", "[::1", "a b", "", "evil.example.com:99999999"):
            problem(await http.get(f"{API}/chats", headers={"Host": host}), 401, "unauthenticated")
            problem(await http.get("/nowhere", headers={"Host": host}), 404, "not_found")


async def test_only_allowed_origins_may_call_from_a_browser(offline: Settings) -> None:
    settings = replace(offline, app=AppSettings(cors_origins=(PAGE,)))
    asked = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization,content-type"}
    async with served(build_app(settings)) as http:
        allowed = await http.options(f"{API}/accounts/me", headers={"Origin": PAGE, **asked})
        assert allowed.status_code == 200
        assert allowed.headers["access-control-allow-origin"] == PAGE
        assert "PATCH" in allowed.headers["access-control-allow-methods"]
        assert "access-control-allow-credentials" not in allowed.headers
        # The page can read a refusal, too.
        refused = await http.get(f"{API}/accounts/me", headers={"Origin": PAGE})
        problem(refused, 401, "unauthenticated")
        assert refused.headers["access-control-allow-origin"] == PAGE
        assert "X-Request-ID" in refused.headers["access-control-expose-headers"]
        for origin in ("https://evil.example.com", "null", f"{PAGE}.evil.example.com", "http://chat.example.com"):
            preflight = await http.options(f"{API}/accounts/me", headers={"Origin": origin, **asked})
            assert "access-control-allow-origin" not in preflight.headers
            answer = await http.get("/healthcheck/live", headers={"Origin": origin})
            assert "access-control-allow-origin" not in answer.headers


async def test_other_origins_may_call_only_when_allowed(offline: Settings) -> None:
    async with served(build_app(offline)) as http:
        answer = await http.get("/healthcheck/live", headers={"Origin": PAGE})
        assert "access-control-allow-origin" not in answer.headers


async def test_every_response_has_the_security_headers(offline: Settings) -> None:
    settings = replace(offline, app=AppSettings(cors_origins=(PAGE,)))
    async with served(build_app(settings)) as http:
        asked = {"Origin": PAGE, "Access-Control-Request-Method": "PATCH"}
        answers = [
            await http.get("/"),
            await http.get("/healthcheck/live"),
            await http.get("/nowhere"),
            await http.get(f"{API}/chats"),
            await http.post(f"{API}/accounts/sign-in", content=b"x" * 2**21),
            await http.options(f"{API}/chats", headers=asked),
            await http.get("/docs"),
            await http.get("/docs/assets/swagger-ui.css"),
            await http.get("/ui"),
        ]
        assert [answer.status_code for answer in answers] == [307, 200, 404, 401, 413, 200, 200, 200, 200]
        for answer in answers:
            assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
            assert answer.headers.get_list("referrer-policy") == ["no-referrer"]
            (policy,) = answer.headers.get_list("content-security-policy")
            assert policy.startswith("default-src 'none'")
            assert "frame-ancestors 'none'" in policy
            assert "strict-transport-security" not in answer.headers
            kept = "no-cache" if answer.url.path == "/ui" or "assets" in answer.url.path else "no-store"
            assert answer.headers.get("cache-control") == kept


async def test_no_response_names_the_server_software(live_server: str) -> None:
    async with http_client(f"http://{live_server}") as http:
        for path in ("/healthcheck/live", "/nowhere", "/ui"):
            headers = (await http.get(path)).headers
            assert not headers.keys() & {"server", "x-powered-by", "via"}
            assert "uvicorn" not in str(headers)


async def test_the_prefix_moves_only_the_routes_of_modules(offline: Settings) -> None:
    moved = replace(offline, app=AppSettings(prefix="/chat"))
    async with served(build_app(moved)) as http:
        problem(await http.get("/chat/accounts/me"), 401, "unauthenticated")
        problem(await http.get(f"{API}/accounts/me"), 404, "not_found")
        assert (await http.get("/healthcheck/live")).status_code == 200
        document = (await http.get("/openapi.json")).json()
        schemes = document["components"]["securitySchemes"].values()
        flows = [scheme["flows"]["password"]["tokenUrl"] for scheme in schemes if scheme["type"] == "oauth2"]
        assert flows == ["/chat/accounts/token"]


async def test_a_large_body_is_refused_before_authentication(server: httpx.AsyncClient) -> None:
    user = FakeClient(server)
    problem(await user.post("/accounts/sign-up", {"email": "x" * 2**20}), 413, "payload_too_large")
    form = {"username": "x" * 2**20, "password": "x"}
    problem(await server.post(f"{API}/accounts/token", data=form), 413, "payload_too_large")
    files = {"username": (None, b"x" * 2**20), "password": (None, b"x")}
    problem(await server.post(f"{API}/accounts/token", files=files), 413, "payload_too_large")
    assert ok(await (await FakeClient.sign_up(server)).get("/chats"))["items"] == []
