"""A session that a provider has opened lasts as long as the provider vouches for the account."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from time import monotonic

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse

from app.adapters.db.database import Database
from app.modules.accounts_module.services import sessions
from app.modules.oidc_module.services import vouching
from app.modules.oidc_module.services.vouching import GRACE
from app.modules.oidc_module.tests.browser import Browser, refresh, signed_in
from app.modules.oidc_module.tests.provider import EGRESS, FakeProvider
from app.modules.second_factor_module.tests.authenticator import code_now
from app.settings.egress_settings import EgressSettings
from app.utils.container import Container
from tests.clocks import clock_moved_by
from tests.databases import rows
from tests.fakers import API, FakeClient, FakeSocket, eventually, ok, problem
from tests.servers import client_of

DOWN = JSONResponse({}, 503)
MAKE_OLD = "UPDATE oidc_identity SET checked_at = checked_at - $1::interval"


async def test_a_disabled_account_is_out_at_its_next_refresh(browser: Browser, provider: FakeProvider) -> None:
    client = await browser.sign_in()
    for _ in range(3):
        ok(await refresh(client))
    provider.disable("anna-1")
    ok(await client.get("/accounts/me"))
    problem(await refresh(client), 401, "unauthenticated")
    problem(await client.get("/accounts/me"), 401, "unauthenticated")


async def test_a_socket_is_closed_if_its_session_is_not_refreshed(
    app: FastAPI, live_server: str, container: Container
) -> None:
    client = await Browser(client_of(app)).sign_in()
    await rows(container, "UPDATE auth_session SET last_used_at = last_used_at - interval '1 hour'")
    socket = FakeSocket(client, live_server)
    assert await socket.refused() == 4401
    ok(await refresh(client))
    async with socket:
        await socket.ask("ping")


async def test_sessions_that_refresh_at_once_ask_one_after_the_other(
    server: httpx.AsyncClient, provider: FakeProvider
) -> None:
    clients = [await Browser(server).sign_in() for _ in range(3)]
    for answer in await asyncio.gather(*(refresh(client) for client in clients)):
        ok(answer)
    provider.disable("anna-1")
    for answer in await asyncio.gather(*(refresh(client) for client in clients)):
        problem(answer, 401, "unauthenticated")


async def test_other_sessions_of_the_account_do_not_depend_on_the_provider(
    anna: FakeClient, browser: Browser, provider: FakeProvider
) -> None:
    code = await browser.code()
    ok(await anna.post("/accounts/me/identities", {"code": code, "code_verifier": browser.verifier}))
    provider.disable("anna-1")
    ok(await refresh(anna))


async def test_a_provider_without_refresh_tokens_is_asked_with_the_access_token(
    browser: Browser, provider: FakeProvider, container: Container
) -> None:
    provider.gives_refresh_tokens = False
    client = await browser.sign_in()
    ok(await refresh(client))
    provider.disable("anna-1")
    problem(await refresh(client), 401, "unauthenticated")


async def test_a_session_ends_with_an_access_token_that_the_provider_cannot_be_asked_about(
    browser: Browser, provider: FakeProvider
) -> None:
    provider.gives_refresh_tokens, provider.metadata = False, {"userinfo_endpoint": None}
    ok(await refresh(await browser.sign_in()))
    provider.expires_in = 0
    problem(await refresh(await browser.sign_in()), 401, "unauthenticated")


async def test_the_tokens_of_a_provider_may_be_long(browser: Browser, provider: FakeProvider) -> None:
    provider.token_length = 10_000
    client = await browser.sign_in()
    ok(await refresh(client))
    provider.disable("anna-1")
    problem(await refresh(client), 401, "unauthenticated")


async def test_a_refresh_token_that_is_given_once_is_kept(
    browser: Browser, server: httpx.AsyncClient, provider: FakeProvider
) -> None:
    await browser.sign_in()
    provider.gives_refresh_tokens = False
    client = await Browser(server).sign_in()
    provider.answers["/userinfo"] = JSONResponse({}, 401)
    ok(await refresh(client))


async def test_sessions_go_on_for_a_day_without_the_provider(
    browser: Browser, provider: FakeProvider, container: Container
) -> None:
    client = await browser.sign_in()
    provider.answers["/token"] = DOWN
    ok(await refresh(client))
    await rows(container, MAKE_OLD, GRACE + timedelta(minutes=1))
    problem(await refresh(client), 503, "unavailable")
    del provider.answers["/token"]
    ok(await refresh(client))


async def test_a_wrong_secret_of_this_server_ends_no_session(browser: Browser, provider: FakeProvider) -> None:
    client = await browser.sign_in()
    provider.answers["/token"] = JSONResponse({"error": "invalid_client"}, 401)
    ok(await refresh(client))


async def test_a_process_that_has_died_while_it_asked_delays_a_refresh_only_shortly(
    browser: Browser, provider: FakeProvider, container: Container
) -> None:
    client = await browser.sign_in()
    provider.requests.clear()
    await rows(container, "UPDATE oidc_identity SET leased_until = now() + interval '1 second'")
    ok(await refresh(client))
    assert "/token" in provider.requests


async def test_a_process_whose_clock_is_ahead_does_not_ask_while_another_one_does(
    browser: Browser, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.sign_in()
    ((identity_id,),) = await rows(container, "SELECT id FROM oidc_identity")
    first, _ = await vouching._lease(container.get(Database), identity_id, 5)
    assert first is not None
    monkeypatch.setattr(vouching, "datetime", clock_moved_by(timedelta(minutes=1)))
    second, _ = await vouching._lease(container.get(Database), identity_id, 0)
    assert second is None


async def test_sessions_go_on_for_a_day_while_another_process_waits_for_the_provider(
    browser: Browser, container: Container
) -> None:
    container.replace(EgressSettings, EGRESS.model_copy(update={"timeout_s": 0}))
    client = await browser.sign_in()
    await rows(container, "UPDATE oidc_identity SET leased_until = now() + interval '1 hour'")
    ok(await refresh(client))
    await rows(container, MAKE_OLD, GRACE + timedelta(minutes=1))
    problem(await refresh(client), 503, "unavailable")


@asynccontextmanager
async def refreshing(client: FakeClient, provider: FakeProvider) -> AsyncIterator[None]:
    """Refreshes a session. The provider is asked at the start of the block and answers at the end."""
    may_answer = provider.may_answer["/token"] = asyncio.Event()
    call = asyncio.create_task(refresh(client))

    async def is_asked() -> bool:
        return not provider.may_answer

    await eventually(is_asked)
    yield
    may_answer.set()
    ok(await call)


async def test_a_refresh_is_repeated_in_time_although_the_provider_answers_late(
    browser: Browser, provider: FakeProvider, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await browser.sign_in()
    repeated = replace(client)
    ok(await refresh(client))
    async with refreshing(repeated, provider):
        await rows(container, "UPDATE auth_session SET updated_at = updated_at - interval '11 seconds'")
        monkeypatch.setattr(sessions, "monotonic", lambda: monotonic() + 11)
    assert repeated.refresh_token == client.refresh_token


async def test_a_sign_in_while_the_provider_is_asked_keeps_its_tokens(
    browser: Browser, server: httpx.AsyncClient, provider: FakeProvider, container: Container
) -> None:
    async with refreshing(await browser.sign_in(), provider):
        await Browser(server).sign_in()
        newest = await rows(container, "SELECT sealed FROM oidc_identity")
    assert await rows(container, "SELECT sealed FROM oidc_identity") == newest


async def test_a_process_that_was_too_slow_does_not_let_a_third_one_ask(
    browser: Browser, provider: FakeProvider, container: Container
) -> None:
    lease = "UPDATE oidc_identity SET leased_until = now() + interval '1 hour' RETURNING leased_until"
    async with refreshing(await browser.sign_in(), provider):
        leased = await rows(container, lease)
    assert await rows(container, "SELECT leased_until FROM oidc_identity") == leased


async def test_a_second_factor_does_not_cut_a_session_off_from_its_provider(
    browser: Browser, provider: FakeProvider
) -> None:
    client = await browser.sign_in()
    secret = ok(await client.post("/accounts/me/totp"))["secret"]
    codes = ok(await client.post("/accounts/me/totp/confirm", {"code": code_now(secret)}))["recovery_codes"]
    ticket = problem(await browser.exchange(await browser.code()), 401, "second_factor_required")["ticket"]
    step = {"ticket": ticket, "code": codes[0]}
    again = signed_in(browser.http, ok(await browser.http.post(f"{API}/accounts/second-factor", json=step)))
    provider.disable("anna-1")
    problem(await refresh(again), 401, "unauthenticated")
