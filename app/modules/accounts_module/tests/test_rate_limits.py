"""Who tries too often is told when to come back."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from app.settings.limits_settings import LimitsSettings
from tests.fakers import API, FakeClient, ok, problem
from tests.fixtures import served


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """With limits that are soon reached."""
    return build_app(
        replace(settings, limits=LimitsSettings(sign_in="3/minute", sign_up="4/minute", refresh="2/minute"))
    )


@pytest.fixture
async def server(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with served(app) as http:
        yield http


async def sign_in(http: httpx.AsyncClient, login: str, password: str) -> httpx.Response:
    return await http.post(f"{API}/accounts/sign-in", json={"login": login, "password": password})


async def test_too_many_wrong_passwords_are_told_when_to_come_back(server: httpx.AsyncClient, anna: FakeClient) -> None:
    for _ in range(3):
        problem(await sign_in(server, anna.username, "wrong"), 401, "unauthenticated")
    refused = await sign_in(server, anna.username.upper(), "wrong")
    problem(refused, 429, "rate_limited")
    assert 1 <= int(refused.headers["retry-after"]) <= 60


async def test_an_unknown_login_is_counted_like_any_other(server: httpx.AsyncClient) -> None:
    answers = [await sign_in(server, "nobody", "wrong") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]


async def test_right_passwords_are_not_counted(anna: FakeClient) -> None:
    for _ in range(5):
        await anna.another_device().sign_in()


async def test_an_address_makes_so_many_accounts(server: httpx.AsyncClient) -> None:
    for name in ("a", "b", "c", "d"):
        await FakeClient.sign_up(server, name)
    body = {"email": "e@example.com", "password": "correct horse battery", "username": "eva"}
    problem(await server.post(f"{API}/accounts/sign-up", json=body), 429, "rate_limited")


async def test_refreshes_are_counted(server: httpx.AsyncClient, anna: FakeClient) -> None:
    for _ in range(2):
        tokens = ok(await anna.post("/accounts/refresh", {"refresh_token": anna.refresh_token}))
        anna.refresh_token = tokens["refresh_token"]
    problem(await anna.post("/accounts/refresh", {"refresh_token": anna.refresh_token}), 429, "rate_limited")
