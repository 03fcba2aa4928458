"""Refreshing a session: each refresh token is used once, and what a second use does."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.adapters.db.connection import Connection
from app.fastapi_engine.constructor import build_app
from app.modules.accounts_module.services import sessions
from app.modules.accounts_module.services.authenticator import Authenticator
from app.modules.accounts_module.tests.signing_in import refresh
from app.settings import Settings
from tests.clocks import clock_moved_by
from tests.fakers import API, FakeClient, ok, problem
from tests.servers import ReusedServer, served


async def test_a_refresh_returns_a_new_pair_of_the_same_session(server: httpx.AsyncClient, anna: FakeClient) -> None:
    before = ok(await anna.get("/accounts/sessions"))["items"]
    token = anna.refresh_token
    for _ in range(3):
        pair = ok(await refresh(server, token))
        assert pair["refresh_token"] != token
        token = pair["refresh_token"]
    anna.headers["Authorization"] = f"Bearer {pair['access_token']}"
    after = ok(await anna.get("/accounts/sessions"))["items"]
    assert [session["id"] for session in after] == [session["id"] for session in before]
    assert after[0]["last_used_at"] > before[0]["last_used_at"]
    assert after[0]["expires_at"] > before[0]["expires_at"]


async def test_a_repeated_refresh_gets_the_same_pair(server: httpx.AsyncClient, anna: FakeClient) -> None:
    first = ok(await refresh(server, anna.refresh_token))
    for _ in range(3):
        assert ok(await refresh(server, anna.refresh_token)) == first
    assert not await _is_refused(server, first["access_token"])
    ok(await refresh(server, first["refresh_token"]))


async def test_a_refresh_is_repeated_at_a_process_whose_clock_is_ahead(
    server: httpx.AsyncClient, anna: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ok(await refresh(server, anna.refresh_token))
    monkeypatch.setattr(sessions, "datetime", clock_moved_by(timedelta(seconds=30)))
    assert ok(await refresh(server, anna.refresh_token)) == first


async def test_a_refresh_is_repeated_although_the_spent_token_has_expired_since(
    server: httpx.AsyncClient, anna: FakeClient, running_server: ReusedServer
) -> None:
    first = ok(await refresh(server, anna.refresh_token))
    session_id = ok(await anna.get("/accounts/sessions"))["items"][0]["id"]
    assert ok(await refresh(server, await _expired(running_server, session_id))) == first


async def test_a_spent_token_whose_successor_is_spent_ends_the_session(
    server: httpx.AsyncClient, anna: FakeClient
) -> None:
    phone = await anna.another_device().sign_in()
    pair = ok(await refresh(server, phone.refresh_token))
    newest = ok(await refresh(server, pair["refresh_token"]))
    problem(await refresh(server, phone.refresh_token), 401, "unauthenticated")
    await _assert_ended(server, anna, newest)


async def test_a_token_newer_than_a_restored_backup_is_refused_and_the_session_stays(
    server: httpx.AsyncClient, anna: FakeClient, sql: Connection
) -> None:
    second = ok(await refresh(server, anna.refresh_token))
    third = ok(await refresh(server, second["refresh_token"]))
    await sql.execute("UPDATE auth_session SET generation = 1")
    for token in (third, second, third):
        problem(await refresh(server, token["refresh_token"]), 401, "unauthenticated")
    assert not await _is_refused(server, third["access_token"])
    assert not await _is_refused(server, ok(await refresh(server, anna.refresh_token))["access_token"])


async def test_a_spent_token_used_again_late_ends_the_session(
    server: httpx.AsyncClient, anna: FakeClient, running_server: ReusedServer
) -> None:
    phone = await anna.another_device().sign_in()
    pair = ok(await refresh(server, phone.refresh_token))
    move = "UPDATE auth_session SET updated_at = updated_at - $1::interval WHERE generation = 2"
    await running_server.connection.execute(move, timedelta(seconds=5))
    again = ok(await refresh(server, phone.refresh_token))
    ok(await server.get(f"{API}/accounts/me", headers={"Authorization": f"Bearer {again['access_token']}"}))
    await running_server.connection.execute(move, timedelta(seconds=6))
    problem(await refresh(server, phone.refresh_token), 401, "unauthenticated")
    await _assert_ended(server, anna, pair)


async def test_a_spent_token_that_has_expired_since_ends_the_session(
    server: httpx.AsyncClient, anna: FakeClient, running_server: ReusedServer
) -> None:
    phone = await anna.another_device().sign_in()
    pair = ok(await refresh(server, phone.refresh_token))
    newest = ok(await refresh(server, pair["refresh_token"]))
    session_id = ok(await anna.get("/accounts/sessions"))["items"][0]["id"]
    problem(await refresh(server, await _expired(running_server, session_id)), 401, "unauthenticated")
    await _assert_ended(server, anna, newest)


async def test_an_unspent_token_that_has_expired_or_whose_session_has_opens_nothing(
    server: httpx.AsyncClient, anna: FakeClient, running_server: ReusedServer
) -> None:
    session_id = ok(await anna.get("/accounts/sessions"))["items"][0]["id"]
    problem(await refresh(server, await _expired(running_server, session_id)), 401, "unauthenticated")
    assert not await _is_refused(server, anna.access_token)
    await running_server.connection.execute("UPDATE auth_session SET expires_at = now() - interval '1 minute'")
    for token in (anna.refresh_token, await _expired(running_server, session_id)):
        problem(await refresh(server, token), 401, "unauthenticated")


async def _expired(running_server: ReusedServer, session_id: str) -> str:
    tokens, now = await running_server.container.get(Authenticator).tokens(), datetime.now(UTC)
    return tokens.make_refresh(UUID(session_id), 1, now - timedelta(days=31), now - timedelta(days=1))


async def _assert_ended(server: httpx.AsyncClient, anna: FakeClient, pair: dict[str, Any]) -> None:
    """Asserts that the session has ended although the refresh was refused: both tokens of the pair are invalid."""
    problem(await refresh(server, pair["refresh_token"]), 401, "unauthenticated")
    assert await _is_refused(server, pair["access_token"])
    assert len(ok(await anna.get("/accounts/sessions"))["items"]) == 1


async def test_without_a_reuse_period_a_spent_token_ends_the_session(settings: Settings) -> None:
    auth = settings.auth.model_copy(update={"refresh_reuse_s": 0})
    async with served(build_app(replace(settings, auth=auth))) as http:
        anna = await FakeClient.sign_up(http, "anna")
        pair = ok(await refresh(http, anna.refresh_token))
        problem(await refresh(http, anna.refresh_token), 401, "unauthenticated")
        problem(await refresh(http, pair["refresh_token"]), 401, "unauthenticated")


@pytest.mark.parametrize("processes", [1, 2])
async def test_twenty_concurrent_refreshes_get_the_same_pair(
    server: httpx.AsyncClient, anna: FakeClient, settings: Settings, processes: int
) -> None:
    async with served(build_app(settings)) as other:
        servers = [server, other][:processes]
        tries = (_refresh_with_retries(servers[number % processes], anna.refresh_token) for number in range(20))
        pairs = [ok(answer) for answer in await asyncio.gather(*tries)]
        assert all(pair == pairs[0] for pair in pairs)
        for http in servers:
            assert not await _is_refused(http, pairs[0]["access_token"])
        ok(await refresh(servers[-1], pairs[0]["refresh_token"]))
    phone = await anna.another_device().sign_in()
    assert [session["current"] for session in ok(await phone.get("/accounts/sessions"))["items"]] == [True, False]


async def test_concurrent_refreshes_with_an_old_token_get_no_pair(server: httpx.AsyncClient, anna: FakeClient) -> None:
    pair = ok(await refresh(server, anna.refresh_token))
    pair = ok(await refresh(server, pair["refresh_token"]))
    answers = await asyncio.gather(*(_refresh_with_retries(server, anna.refresh_token) for _ in range(10)))
    assert [answer.status_code for answer in answers] == [401] * 10
    problem(await refresh(server, pair["refresh_token"]), 401, "unauthenticated")


async def test_a_session_ends_at_its_maximum_lifetime_despite_refreshes(settings: Settings, sql: Connection) -> None:
    auth = settings.auth.model_copy(update={"session_ttl": 600})
    async with served(build_app(replace(settings, auth=auth))) as http:
        anna = await FakeClient.sign_up(http, "anna")
        await sql.execute("UPDATE auth_session SET created_at = created_at - interval '550 seconds'")
        pair = ok(await refresh(http, anna.refresh_token))
        # No token outlives its session.
        assert 40 <= pair["expires_in"] <= 50
        await sql.execute("UPDATE auth_session SET expires_at = now()")
        problem(await refresh(http, pair["refresh_token"]), 401, "unauthenticated")


async def _refresh_with_retries(server: httpx.AsyncClient, refresh_token: str) -> httpx.Response:
    """Refreshes, and retries while the server answers 503."""
    while (answer := await refresh(server, refresh_token)).status_code == 503:  # noqa: ASYNC110 - there is no event to wait for
        await asyncio.sleep(0.1)
    return answer


async def _is_refused(server: httpx.AsyncClient, access_token: str) -> bool:
    response = await server.get(f"{API}/accounts/me", headers={"Authorization": f"Bearer {access_token}"})
    return response.status_code == 401


async def test_invalid_refresh_tokens_are_refused(server: httpx.AsyncClient, anna: FakeClient) -> None:
    for token in ("", "nonsense", "a.b.c", anna.access_token, anna.refresh_token[:-2], "токен"):
        problem(await refresh(server, token), 401, "unauthenticated")
    for body in ({}, {"refresh_token": 5}, {"refresh_token": "x" * 2049}, {"refresh_token": "x", "more": 1}):
        problem(await server.post(f"{API}/accounts/refresh", json=body), 422, "validation_error")
    ok(await refresh(server, anna.refresh_token))
