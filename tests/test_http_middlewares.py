"""Middlewares of modules: they identify the caller, and the rate limiter relies on that alone."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import httpx
import pytest
from fastapi import APIRouter
from starlette.types import ASGIApp, Receive, Scope, Send

from app.adapters.db.database import Database
from app.modules.accounts_module.extension import Identity
from app.modules.accounts_module.services.authenticator import Authenticator
from app.modules.accounts_module.services.revocations import Revocations
from app.services.http_requests import CALLER, HttpMiddleware
from app.settings import Settings
from app.settings.auth_settings import AuthSettings
from app.settings.limits_settings import LimitsSettings
from app.settings.modules_settings import ModulesSettings
from app.utils.container import Container
from app.utils.module import Module
from tests.fakers import API, FakeClient, ok, problem
from tests.servers import build_with, served


@dataclass
class Badge:
    rate_key: int
    rate: None = None


class Badges:
    """Identifies a caller by the number in a header."""

    def __init__(self, app: ASGIApp, container: Container) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for name, value in scope.get("headers", ()):
            if name == b"x-badge":
                scope[CALLER] = Badge(int(value))
        await self.app(scope, receive, send)


router = APIRouter()


@router.get("/doors")
async def doors() -> list[str]:
    return ["front"]


MODULE = Module(
    name="badges",
    description="Callers that are known by a badge",
    router=router,
    contributes=(HttpMiddleware("badges", Badges),),
)


@pytest.fixture
async def badges(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """A server with this module alone, without accounts."""
    limits = LimitsSettings(account="2/minute", address="1/minute")
    only = ModulesSettings(enabled_modules=("badges",))
    async with served(build_with(replace(settings, limits=limits, modules=only), monkeypatch, MODULE)) as http:
        yield http


async def test_callers_are_counted_by_the_identity_that_a_module_gives(badges: httpx.AsyncClient) -> None:
    for badge in ("1", "2"):
        for _ in range(2):
            ok(await badges.get(f"{API}/doors", headers={"X-Badge": badge}))
        problem(await badges.get(f"{API}/doors", headers={"X-Badge": badge}), 429, "rate_limited")


async def test_other_callers_are_counted_by_ip_address(badges: httpx.AsyncClient) -> None:
    ok(await badges.get(f"{API}/doors"))
    problem(await badges.get(f"{API}/doors", headers={"Authorization": "Bearer x"}), 429, "rate_limited")
    ok(await badges.get(f"{API}/doors", headers={"X-Badge": "1"}))


async def test_an_exception_of_a_middleware_becomes_a_problem(badges: httpx.AsyncClient) -> None:
    problem(await badges.get(f"{API}/doors", headers={"X-Badge": "no number"}), 500, "internal_error")


class CountingAuthenticator(Authenticator):
    asked = 0

    async def identify(self, token: str, address: str | None = None) -> Identity:
        self.asked += 1
        return await super().identify(token, address)


async def test_a_token_is_verified_once_per_request(container: Container, anna: FakeClient, club: str) -> None:
    """A good and a bad one, on hot routes and others, also where no account is needed."""
    usual = container.get(Authenticator)
    counting = CountingAuthenticator(AuthSettings(), container.get(Database), container.get(Revocations))
    container.replace(Authenticator, counting)
    try:
        bad = {"Authorization": "Bearer nonsense"}
        calls = [
            ("GET", f"/chats/{club}/messages", 200, 401),
            ("GET", "/accounts/me", 200, 401),
            ("GET", "/nowhere", 404, 404),
            ("POST", "/accounts/sign-in", 422, 422),
        ]
        for method, path, good_status, bad_status in calls:
            for headers, status in ((anna.headers, good_status), (bad, bad_status)):
                before = counting.asked
                answer = await anna.http.request(method, f"{API}{path}", headers=headers)
                assert (answer.status_code, counting.asked - before) == (status, 1), (path, headers)
    finally:
        container.replace(Authenticator, usual)
