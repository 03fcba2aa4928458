"""A session that a provider has opened lasts as long as the provider vouches for the account."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from fastapi.responses import JSONResponse

from app.adapters.db.database import Database
from app.modules.oidc_module.errors import ProviderUnavailable
from app.modules.oidc_module.services import vouching
from app.modules.oidc_module.services.vouching import GRACE
from app.modules.oidc_module.tests.browser import Browser, refresh, signed_in
from app.modules.oidc_module.tests.provider import FakeProvider
from app.modules.second_factor_module.tests.authenticator import code_now
from app.utils.container import Container
from tests.clocks import clock_moved_by
from tests.databases import rows
from tests.fakers import API, FakeClient, ok, problem

DOWN = JSONResponse({}, 503)


async def test_a_disabled_account_is_out_at_its_next_refresh(browser: Browser, provider: FakeProvider) -> None:
    client = await browser.sign_in()
    for _ in range(3):
        ok(await refresh(client))
    provider.disable("anna-1")
    ok(await client.get("/accounts/me"))
    problem(await refresh(client), 401, "unauthenticated")
    problem(await client.get("/accounts/me"), 401, "unauthenticated")


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
    later = GRACE + timedelta(minutes=1)
    await rows(container, "UPDATE oidc_identity SET checked_at = checked_at - $1::interval", later)
    problem(await refresh(client), 503, "unavailable")
    del provider.answers["/token"]
    ok(await refresh(client))


async def test_a_wrong_secret_of_this_server_ends_no_session(browser: Browser, provider: FakeProvider) -> None:
    client = await browser.sign_in()
    provider.answers["/token"] = JSONResponse({"error": "invalid_client"}, 401)
    ok(await refresh(client))


async def test_a_process_that_has_died_while_it_asked_delays_a_refresh_only_shortly(
    browser: Browser, container: Container
) -> None:
    client = await browser.sign_in()
    await rows(container, "UPDATE oidc_identity SET leased_until = now() + interval '1 second'")
    ok(await refresh(client))


async def test_a_process_whose_clock_is_ahead_does_not_ask_while_another_one_does(
    browser: Browser, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.sign_in()
    ((identity_id,),) = await rows(container, "SELECT id FROM oidc_identity")
    assert await vouching._lease(container.get(Database), identity_id, 5) is not None
    monkeypatch.setattr(vouching, "datetime", clock_moved_by(timedelta(minutes=1)))
    with pytest.raises(ProviderUnavailable):
        await vouching._lease(container.get(Database), identity_id, 0)


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
