"""Callers that exceed a limit get 429 with Retry-After; other callers are not affected."""

import asyncio
from typing import Any

import httpx
import pytest

from app.fastapi_engine.constructor import build_app
from app.services import rate_limits
from app.services.errors import RateLimited
from app.services.rate_limits import RateLimit, RateLimits, network_of
from app.settings import Settings
from app.settings.limits_settings import ACCOUNT, ADDRESS, LimitsSettings
from tests.fakers import API, FakeClient, FakeSocket, ok, problem
from tests.rates import limited
from tests.servers import listening, served


def rate_limited(response: httpx.Response, seconds: int = 60) -> None:
    body = problem(response, 429, "rate_limited")
    assert 1 <= int(response.headers["retry-after"]) <= seconds
    assert body["retry_after"] == int(response.headers["retry-after"])


async def test_all_calls_of_an_account_count_together(settings: Settings) -> None:
    async with served(build_app(limited(settings, account="4/minute"))) as http:
        anna, boris = await FakeClient.sign_up(http, "anna"), await FakeClient.sign_up(http, "boris")
        ok(await anna.get("/chats"))
        problem(await anna.get("/nowhere"), 404, "not_found")
        problem(await anna.call("POST", "/chats", json=0), 422, "validation_error")
        ok(await (await anna.another_device().sign_in()).get("/chats"))
        rate_limited(await anna.get("/chats"))
        rate_limited(await anna.call("POST", "/chats", json=0))
        ok(await boris.get("/chats"))


async def test_requests_without_a_valid_token_are_counted_by_ip_address(settings: Settings) -> None:
    async with served(build_app(limited(settings, address="5/minute"))) as http:
        anna = await FakeClient.sign_up(http, "anna")
        problem(await http.get(f"{API}/chats"), 401, "unauthenticated")
        for scheme in ("Bearer", "Basic"):
            bad = {"Authorization": f"{scheme} nonsense"}
            problem(await http.get(f"{API}/chats", headers=bad), 401, "unauthenticated")
        rate_limited(await http.get(f"{API}/chats"))
        rate_limited(await http.post(f"{API}/accounts/sign-in", json={}))
        # Requests with a session and probes are counted elsewhere or not at all.
        ok(await anna.get("/chats"))
        for address in ("/healthcheck/live", "/metrics", "/docs"):
            assert (await http.get(address)).status_code == 200


@pytest.mark.parametrize("kind", ["send", "create_chat", "add_members", "search"])
async def test_expensive_operations_have_limits_of_their_own(settings: Settings, kind: str) -> None:
    async with served(build_app(limited(settings, **{kind: "3/10 minutes"}))) as http:
        anna, boris = await FakeClient.sign_up(http, "anna"), await FakeClient.sign_up(http, "boris")
        chat = await anna.open_chat(boris)
        calls: dict[str, tuple[str, str, Any]] = {
            "send": ("POST", f"/chats/{chat}/messages", {"text": "Привет"}),
            "create_chat": ("POST", "/chats", {"type": "group"}),
            "add_members": ("POST", f"/chats/{chat}/members", {"account_ids": [boris.id]}),
            "search": ("GET", "/accounts?query=b", None),
        }
        for _ in range(3 - (kind == "create_chat")):
            ok(await anna.call(*calls[kind]))
        rate_limited(await anna.call(*calls[kind]), 600)
        for other in calls.keys() - {kind}:
            ok(await anna.call(*calls[other]))
        if kind != "add_members":
            ok(await boris.call(*calls[kind]))


async def test_sends_over_http_and_socket_are_counted_together(settings: Settings) -> None:
    app = build_app(limited(settings, send="3/minute"))
    async with listening(app) as address, httpx.AsyncClient(base_url=f"http://{address}", timeout=30) as http:
        anna = await FakeClient.sign_up(http, "anna")
        chat = await anna.open_chat()
        async with FakeSocket(anna, address) as socket:
            await anna.send(chat)
            answers = await asyncio.gather(*(socket.begin("send", chat_id=chat, text=str(n)) for n in range(4)))
            assert [answer["status"] for answer in answers] == ["ok", "ok", "error", "error"]
            assert answers[-1]["error"]["code"] == "rate_limited"
            assert 1 <= answers[-1]["error"]["retry_after"] <= 60
            rate_limited(await anna.post(f"/chats/{chat}/messages", {"text": "и так"}))
            assert await socket.ask("ping") == {}
            assert socket.close_code is None
        stand = ok(await anna.get(f"/chats/{chat}/messages"))["items"]
        assert [message["text"] for message in stand] == ["Привет", "0", "1"]


async def test_requests_over_a_socket_are_calls_of_the_account(settings: Settings) -> None:
    app = build_app(limited(settings, account="7/minute"))
    async with listening(app) as address, httpx.AsyncClient(base_url=f"http://{address}", timeout=30) as http:
        anna = await FakeClient.sign_up(http, "anna")
        chat = await anna.open_chat()
        async with FakeSocket(anna, address) as socket:
            asked: list[dict[str, Any]] = [
                {"action": "ping"},
                {"action": "read", "chat_id": chat, "seq": 0},
                {"action": "typing", "chat_id": chat, "is_typing": True},
                {"action": "nonsense"},
                {"action": "send", "chat_id": chat, "text": "x"},
                {"action": "ping"},
            ]
            answers = [await socket.begin(**request) for request in asked]
            codes = [answer.get("error", {}).get("code", "ok") for answer in answers]
            assert codes == ["ok", "ok", "ok", "validation_error", "ok", "rate_limited"]
            rate_limited(await anna.get("/chats"))


async def test_the_number_of_opened_sockets_is_limited(settings: Settings) -> None:
    app = build_app(limited(settings, hello="2/minute"))
    async with listening(app) as address, httpx.AsyncClient(base_url=f"http://{address}", timeout=30) as http:
        anna = await FakeClient.sign_up(http, "anna")
        for _ in range(2):
            async with FakeSocket(anna, address):
                pass
        late = FakeSocket(anna, address)
        with pytest.raises(AssertionError, match="'code': 'rate_limited'"):
            await late.connect()
        await late.until(lambda: late.close_code is not None)
        assert late.close_code == 1013


async def test_limits_can_be_switched_off(settings: Settings) -> None:
    none = {"account": "1/day", "address": "1/day", "sign_up": "1/day", "create_chat": "1/day"}
    off = limited(settings, LimitsSettings(enable=False), **none)
    async with served(build_app(off)) as http:
        for name in ("anna", "boris"):
            user = await FakeClient.sign_up(http, name)
            for _ in range(3):
                await user.open_chat()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:aaaa:bbbb:cccc:dddd", "2001:db8:1:2::"),
        ("2001:DB8:1:2::1", "2001:db8:1:2::"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_the_network_half_of_an_ipv6_address_is_one_client(address: str, network: str) -> None:
    assert network_of(address) == network


def test_expired_windows_are_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "_FEWEST_TO_SWEEP", 10)
    now = 1000.0
    monkeypatch.setattr(rate_limits, "time", lambda: now)
    limits = RateLimits(LimitsSettings(address="2/second"))
    for number in range(100):
        limits.hit(ADDRESS, str(number))
        now += 0.5
    assert len(limits._windows) <= 20
    limits.hit(ADDRESS, "99")
    with pytest.raises(RateLimited):
        limits.hit(ADDRESS, "99")
    now += 1
    limits.hit(ADDRESS, "99")


@pytest.mark.parametrize("back", [1, 59, 60, 61, 3600, 21_600])
def test_a_clock_that_is_set_back_opens_a_new_window(monkeypatch: pytest.MonkeyPatch, back: int) -> None:
    now = 100_000.0
    monkeypatch.setattr(rate_limits, "time", lambda: now)
    limits = RateLimits(LimitsSettings(account="5/minute"))
    for _ in range(3):
        limits.hit(ACCOUNT, 1)
    now -= back
    for _ in range(10):
        now += 60
        limits.hit(ACCOUNT, 1)


def test_a_rate_without_a_setting_is_given_with_its_name() -> None:
    limits = RateLimits(LimitsSettings())
    limits.hit("1/minute", "notes", 1)
    limits.hit("1/minute", "notes", 2)
    limits.hit("1/minute", "pages", 1)
    with pytest.raises(RateLimited):
        limits.hit("1/minute", "notes", 1)


def test_a_rate_with_a_name_counts_apart_from_the_setting_of_that_name() -> None:
    limits = RateLimits(LimitsSettings(), {"notes": "1/minute"})
    limits.hit(RateLimit("notes", "1/minute", "account"), 1)
    limits.hit("1/minute", "notes", 1)
    with pytest.raises(RateLimited):
        limits.hit("1/minute", "notes", 1)


def test_two_rates_with_one_name_are_two_limits() -> None:
    limits = RateLimits(LimitsSettings())
    limits.hit("2/minute", "notes", 1)
    limits.hit("1/hour", "notes", 1)
    limits.hit("2/minute", "notes", 1)
    with pytest.raises(RateLimited):
        limits.hit("1/hour", "notes", 1)


def test_a_limit_that_no_module_contributes_is_named() -> None:
    with pytest.raises(LookupError, match="no enabled module contributes the RateLimit 'notes'"):
        RateLimits(LimitsSettings(), {}).hit(RateLimit("notes", "1/minute", "account"), 1)
