"""Signing in by a provider: to a new account, to the same one again, and to an existing one."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from app.fastapi_engine.constructor import build_app
from app.modules.mail_module.tests.mailbox import Mailbox
from app.modules.oidc_module.services.checks import PROVIDERS_ANSWER
from app.modules.oidc_module.settings import OidcSettings, ProviderSettings
from app.modules.oidc_module.tests.browser import SITE, Browser, query_of, signed_in
from app.modules.oidc_module.tests.provider import CLIENT_ID, FakeProvider
from app.modules.recovery_module.tests.links import NEW_PASSWORD, email_of, reset_password, tokens_of, verify
from app.modules.second_factor_module.tests.authenticator import code_now, finish, set_up
from app.settings import Settings
from app.settings.egress_settings import EgressSettings
from tests.fakers import API, FakeClient, ok, problem
from tests.servers import served


async def test_the_providers_are_listed(anonymous: FakeClient) -> None:
    assert ok(await anonymous.get("/auth/providers"))["items"] == [{"id": "acme", "name": "Acme"}]


async def test_the_operator_may_name_a_provider(with_providers: Settings, acme: ProviderSettings) -> None:
    async with served(app_with(with_providers, acme, name="Рога и копыта")) as http:
        providers = (await http.get(f"{API}/auth/providers")).json()["items"]
        assert providers == [{"id": "acme", "name": "Рога и копыта"}]


@pytest.mark.parametrize("name", ["  ", "two\nlines", "evil\u202egnp", "n" * 65])
def test_the_name_of_a_provider_is_one_line_that_can_be_read(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("OIDC_ACME_ISSUER", "https://sso.example.org")
    monkeypatch.setenv("OIDC_ACME_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("OIDC_ACME_NAME", name)
    with pytest.raises(ValidationError, match="name"):
        OidcSettings()


async def test_a_new_person_gets_an_account_with_what_the_provider_says(browser: Browser) -> None:
    anna = await browser.sign_in()
    me = ok(await anna.get("/accounts/me"))
    assert (me["email"], me["email_verified"], me["username"], me["display_name"]) == (
        "anna@example.com",
        True,
        "anna",
        "Анна",
    )
    (identity,) = ok(await anna.get("/accounts/me/identities"))["items"]
    assert (identity["provider"], identity["email"]) == ("acme", "anna@example.com")
    (linked,) = [event for event in await anna.own_events() if event["kind"] == "security.identity_linked"]
    assert linked["data"] == {"identity_id": identity["id"], "provider": "acme", "email": "anna@example.com"}


async def test_the_browser_comes_back_to_the_page_it_began_at(browser: Browser) -> None:
    back = await browser.come_back(await browser.go_to_provider(redirect="/ui/?lang=ru"))
    assert back.startswith(f"{SITE}/ui/?lang=ru&code=")
    back = await browser.come_back(await browser.go_to_provider(redirect="org.example.chat:/signed-in"))
    assert back.startswith("org.example.chat:/signed-in?code=")


async def test_the_next_sign_in_opens_the_same_account(
    browser: Browser, server: httpx.AsyncClient, provider: FakeProvider
) -> None:
    first = ok(await (await browser.sign_in()).get("/accounts/me"))
    provider.people["anna-1"] |= {"email": "other@example.com", "preferred_username": "anna2"}
    again = ok(await (await Browser(server).sign_in()).get("/accounts/me"))
    assert (again["id"], again["email"]) == (first["id"], "anna@example.com")


async def test_an_account_whose_address_both_have_verified_is_linked(
    anna: FakeClient, browser: Browser, provider: FakeProvider, mailbox: Mailbox
) -> None:
    await verify(anna, mailbox)
    provider.people["anna-1"]["email"] = email_of(anna).upper()
    client = await browser.sign_in()
    assert ok(await client.get("/accounts/me"))["id"] == anna.id
    assert [one["provider"] for one in ok(await anna.get("/accounts/me/identities"))["items"]] == ["acme"]


@pytest.mark.parametrize("verified", [False, None, "yes", 1])
async def test_an_address_that_the_provider_has_not_verified_links_nothing(
    anna: FakeClient, browser: Browser, provider: FakeProvider, mailbox: Mailbox, verified: object
) -> None:
    await verify(anna, mailbox)
    provider.people["anna-1"] |= {"email": email_of(anna), "email_verified": verified}
    problem(await browser.exchange(await browser.code()), 409, "link_required")
    assert ok(await anna.get("/accounts/me/identities"))["items"] == []


async def test_an_account_whose_address_is_not_verified_here_is_not_linked(
    anna: FakeClient, browser: Browser, provider: FakeProvider
) -> None:
    provider.people["anna-1"]["email"] = email_of(anna)
    code = await browser.code()
    problem(await browser.exchange(code), 409, "link_required")
    link = {"code": code, "code_verifier": browser.verifier}
    assert ok(await anna.post("/accounts/me/identities", link))["provider"] == "acme"
    client = await Browser(browser.http).sign_in()
    assert ok(await client.get("/accounts/me"))["id"] == anna.id


async def test_an_address_without_verification_becomes_no_address_of_a_new_account(
    browser: Browser, provider: FakeProvider
) -> None:
    provider.people["anna-1"] |= {"email": "victim@example.com", "email_verified": False}
    client = await browser.sign_in()
    me = ok(await client.get("/accounts/me"))
    assert (me["email"], me["email_verified"]) == (None, False)
    await FakeClient.sign_up(browser.http, "victim")


async def test_an_account_without_an_address_can_get_one_and_then_a_password(
    browser: Browser, provider: FakeProvider, mailbox: Mailbox
) -> None:
    provider.people["anna-1"] = {"name": "Анна"}
    client = await browser.sign_in()
    ok(await client.patch("/accounts/me", {"email": "anna@example.com"}))
    (token,) = await tokens_of(mailbox, "confirm", "anna@example.com")
    assert (await client.post("/accounts/email/confirm", {"token": token})).status_code == 204
    await reset_password(client, mailbox, "anna@example.com")
    client.username = "anna@example.com"
    await client.sign_in(NEW_PASSWORD)


async def test_an_account_without_a_password_has_none_to_guess_or_to_change(
    browser: Browser, provider: FakeProvider
) -> None:
    provider.people["anna-1"] = {"preferred_username": "anna"}
    client = await browser.sign_in()
    for password in ("", "correct horse battery"):
        problem(await client.post("/accounts/sign-in", {"login": "anna", "password": password}), 401, "unauthenticated")
    change = {"current_password": "", "new_password": NEW_PASSWORD}
    problem(await client.post("/accounts/me/password", change), 403, "forbidden")


@pytest.mark.parametrize(
    ("claims", "username", "display_name"),
    [
        ({"preferred_username": "Élodie.Dupont@example.com"}, "elodie.dupont", "elodie.dupont"),
        ({"preferred_username": "admin", "name": "Root\u202e"}, "user####", "user####"),
        ({"preferred_username": "..", "email": "zoe_k@example.com", "name": "Зоя К."}, "zoe_k", "Зоя К."),
        ({"name": "Вера"}, "user####", "Вера"),
        ({"preferred_username": ["a"], "name": {"b": 1}, "nickname": 7}, "user####", "user####"),
    ],
)
async def test_names_are_made_of_what_the_provider_says(
    browser: Browser, provider: FakeProvider, claims: dict[str, object], username: str, display_name: str
) -> None:
    provider.people["anna-1"] = claims
    me = ok(await (await browser.sign_in()).get("/accounts/me"))
    for shown, expected in ((me["username"], username), (me["display_name"], display_name)):
        stem = expected.removesuffix("####")
        assert shown.startswith(stem)
        assert len(shown) == len(expected)


async def test_a_taken_username_gets_digits(anna: FakeClient, browser: Browser, provider: FakeProvider) -> None:
    provider.people["anna-1"] = {"preferred_username": anna.username}
    me = ok(await (await browser.sign_in()).get("/accounts/me"))
    assert me["username"].removeprefix(anna.username).isdigit()


async def test_claims_may_come_from_the_userinfo_endpoint(browser: Browser, provider: FakeProvider) -> None:
    make = provider.make_token
    standard = ("iss", "sub", "aud", "iat", "exp", "nonce")
    provider.make_token = lambda claims: make({name: claims[name] for name in standard})
    assert ok(await (await browser.sign_in()).get("/accounts/me"))["email"] == "anna@example.com"


async def test_a_second_factor_is_asked_for(browser: Browser) -> None:
    client = await browser.sign_in()
    secret = ok(await client.post("/accounts/me/totp"))["secret"]
    ok(await client.post("/accounts/me/totp/confirm", {"code": code_now(secret)}))
    refused = problem(await browser.exchange(await browser.code()), 401, "second_factor_required")
    step = {"ticket": refused["ticket"], "code": code_now(secret, 1)}
    tokens = ok(await browser.http.post(f"{API}/accounts/second-factor", json=step))
    again = signed_in(browser.http, tokens)
    assert ok(await again.get("/accounts/me"))["id"] == ok(await client.get("/accounts/me"))["id"]


async def test_a_second_factor_is_asked_for_when_a_verified_address_leads_to_the_account(
    anna: FakeClient, browser: Browser, provider: FakeProvider, mailbox: Mailbox
) -> None:
    await verify(anna, mailbox)
    secret, _ = await set_up(anna)
    provider.people["anna-1"]["email"] = email_of(anna)
    ticket = problem(await browser.exchange(await browser.code()), 401, "second_factor_required")["ticket"]
    problem(await finish(anna, ticket, "000000"), 401, "wrong_code")
    # Only with the factor the identity becomes one of the account.
    assert ok(await anna.get("/accounts/me/identities"))["items"] == []
    again = signed_in(browser.http, ok(await finish(anna, ticket, code_now(secret))))
    assert ok(await again.get("/accounts/me"))["id"] == anna.id
    assert len(ok(await anna.get("/accounts/me/identities"))["items"]) == 1
    problem(await finish(anna, ticket, code_now(secret, 1)), 401, "unauthenticated")


async def test_a_person_who_refuses_at_the_provider_returns_with_an_error(
    browser: Browser, provider: FakeProvider
) -> None:
    url = httpx.URL(await browser.go_to_provider())
    state = query_of(str(url))["state"]
    back = await browser.come_back(str(url.copy_with(params={"state": state, "error": "access_denied"})))
    assert query_of(back) == {"error": "access_denied", "state": "tab 1"}


@pytest.mark.parametrize(("sign_up", "mode"), [(False, "open"), (None, "closed")])
async def test_sign_up_may_be_closed_for_a_provider(
    with_providers: Settings, acme: ProviderSettings, sign_up: bool | None, mode: str
) -> None:
    async with served(app_with(with_providers, acme, mode, sign_up=sign_up)) as http:
        browser = Browser(http)
        problem(await browser.exchange(await browser.code()), 403, "sign_up_closed")


async def test_the_operator_may_let_people_of_a_provider_sign_up_only(
    with_providers: Settings, acme: ProviderSettings
) -> None:
    async with served(app_with(with_providers, acme, "closed", sign_up=True)) as http:
        ok(await (await Browser(http).sign_in()).get("/accounts/me"))


async def test_doctor_asks_the_providers(with_providers: Settings, provider: FakeProvider) -> None:
    assert await PROVIDERS_ANSWER.find(with_providers, None) == []
    provider.keys = []
    assert await PROVIDERS_ANSWER.find(with_providers, None) == ["acme: the provider has no key that signs"]
    provider.metadata = {"issuer": "https://evil.example"}
    assert await PROVIDERS_ANSWER.find(with_providers, None) == ["acme: the provider calls itself https://evil.example"]
    outside = replace(with_providers, egress=EgressSettings())
    assert await PROVIDERS_ANSWER.find(outside, None) == ["acme: the host cannot be reached"]


def app_with(settings: Settings, acme: ProviderSettings, mode: str = "open", **update: Any) -> FastAPI:
    own = OidcSettings(providers={"acme": acme.model_copy(update=update)})
    auth = settings.auth.model_copy(update={"sign_up": mode})
    return build_app(replace(settings, auth=auth, own={**settings.own, OidcSettings: own}))
