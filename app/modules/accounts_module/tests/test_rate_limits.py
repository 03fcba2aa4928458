"""Clients that call sign-up, sign-in or refresh too often get 429 with Retry-After."""

import httpx
import pytest
from fastapi import FastAPI

from app.fastapi_engine.constructor import build_app
from app.modules.accounts_module.tests.signing_in import refresh, sign_in
from app.settings import Settings
from tests.fakers import API, PASSWORD, FakeClient, ok, problem
from tests.rates import limited


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """An application with low limits."""
    rates = {"sign_in": "3/hour", "sign_in_address": "9/hour", "sign_up": "4/hour"}
    return build_app(limited(settings, **rates, refresh="6/hour", refresh_session="2/hour"))


async def test_right_passwords_are_not_counted(anna: FakeClient) -> None:
    for _ in range(5):
        await anna.another_device().sign_in()


async def test_sign_ins_are_limited_per_address(server: httpx.AsyncClient) -> None:
    answers = [await sign_in(server, f"unknown{number}", "wrong") for number in range(10)]
    assert [answer.status_code for answer in answers] == [401] * 9 + [429]
    problem(await server.post(f"{API}/accounts/token", data={"username": "x", "password": "x"}), 429, "rate_limited")


async def sign_up(http: httpx.AsyncClient, name: str) -> httpx.Response:
    body = {"email": f"{name}@example.com", "password": PASSWORD, "username": f"name_{name}"}
    return await http.post(f"{API}/accounts/sign-up", json=body)


async def test_sign_ups_are_limited_per_address(server: httpx.AsyncClient) -> None:
    for name in "abcd":
        ok(await sign_up(server, name))
    problem(await sign_up(server, "e"), 429, "rate_limited")


async def test_refreshes_are_limited_per_session(server: httpx.AsyncClient, anna: FakeClient) -> None:
    phone = await anna.another_device().sign_in()
    for _ in range(2):
        anna.refresh_token = ok(await refresh(server, anna.refresh_token))["refresh_token"]
    problem(await refresh(server, anna.refresh_token), 429, "rate_limited")
    ok(await refresh(server, phone.refresh_token))


async def test_refreshes_are_limited_per_address(server: httpx.AsyncClient) -> None:
    answers = [await refresh(server, f"nonsense {number}") for number in range(7)]
    assert [answer.status_code for answer in answers] == [401] * 6 + [429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 3600
