"""Refreshing: each token once, and what a second use means."""

import asyncio

import httpx
import pytest

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.fakers import API, FakeClient, eventually, ok, problem
from tests.servers import served


async def _refresh(server: httpx.AsyncClient, refresh_token: str) -> httpx.Response:
    return await server.post(f"{API}/accounts/refresh", json={"refresh_token": refresh_token})


async def test_a_refresh_gives_a_new_pair_of_the_same_session(server: httpx.AsyncClient, anna: FakeClient) -> None:
    before = ok(await anna.get("/accounts/sessions"))["items"]
    token = anna.refresh_token
    for _ in range(3):
        pair = ok(await _refresh(server, token))
        assert pair["refresh_token"] != token
        token = pair["refresh_token"]
    anna.headers["Authorization"] = f"Bearer {pair['access_token']}"
    after = ok(await anna.get("/accounts/sessions"))["items"]
    assert [session["id"] for session in after] == [session["id"] for session in before]
    assert after[0]["last_used_at"] > before[0]["last_used_at"]
    assert after[0]["expires_at"] > before[0]["expires_at"]


async def test_a_spent_token_used_again_ends_the_whole_session(server: httpx.AsyncClient, anna: FakeClient) -> None:
    phone = await anna.another_device().sign_in()
    pair = ok(await _refresh(server, phone.refresh_token))
    problem(await _refresh(server, phone.refresh_token), 401, "unauthenticated")
    # The refusal has not taken the end of the session back: neither token of the new pair is good any more.
    problem(await _refresh(server, pair["refresh_token"]), 401, "unauthenticated")
    signed_in = {"Authorization": f"Bearer {pair['access_token']}"}
    problem(await server.get(f"{API}/accounts/me", headers=signed_in), 401, "unauthenticated")
    assert len(ok(await anna.get("/accounts/sessions"))["items"]) == 1


@pytest.mark.parametrize("processes", [1, 2])
async def test_of_twenty_refreshes_at_once_one_wins(
    server: httpx.AsyncClient, anna: FakeClient, settings: Settings, processes: int
) -> None:
    async with served(build_app(settings)) as other:
        servers = [server, other][:processes]
        tries = (_insist(servers[number % processes], anna.refresh_token) for number in range(20))
        answers = await asyncio.gather(*tries)
        assert sorted(answer.status_code for answer in answers) == [200] + [401] * 19
        for answer in answers:
            if answer.status_code == 401:
                problem(answer, 401, "unauthenticated")
        # The others came with a spent token: the session is over, wherever one asks.
        pair = next(answer.json() for answer in answers if answer.status_code == 200)
        for http in servers:
            problem(await _refresh(http, pair["refresh_token"]), 401, "unauthenticated")
            await eventually(lambda http=http: _is_refused(http, pair["access_token"]), 60)  # type: ignore[misc]
    phone = await anna.another_device().sign_in()
    assert [session["current"] for session in ok(await phone.get("/accounts/sessions"))["items"]] == [True]


async def _insist(server: httpx.AsyncClient, refresh_token: str) -> httpx.Response:
    """As a client does whom a busy server tells to come back."""
    while (answer := await _refresh(server, refresh_token)).status_code == 503:  # noqa: ASYNC110 - nobody calls us
        await asyncio.sleep(0.1)
    return answer


async def _is_refused(server: httpx.AsyncClient, access_token: str) -> bool:
    response = await server.get(f"{API}/accounts/me", headers={"Authorization": f"Bearer {access_token}"})
    return response.status_code == 401


async def test_what_is_no_refresh_token_is_refused(server: httpx.AsyncClient, anna: FakeClient) -> None:
    for token in ("", "nonsense", "a.b.c", anna.access_token, anna.refresh_token[:-2], "токен"):
        problem(await _refresh(server, token), 401, "unauthenticated")
    for body in ({}, {"refresh_token": 5}, {"refresh_token": "x" * 2049}, {"refresh_token": "x", "more": 1}):
        problem(await server.post(f"{API}/accounts/refresh", json=body), 422, "validation_error")
    ok(await _refresh(server, anna.refresh_token))
