"""What an attacker, or a provider that misbehaves, cannot do with the return of a sign-in: no case ends with a code."""

import httpx

from app.adapters.db.connection import Connection
from app.modules.oidc_module.services.pkce import challenge_of
from app.modules.oidc_module.tests.browser import SITE, Browser, fails, query_of
from app.modules.oidc_module.tests.provider import FakeProvider
from app.utils.secrets import new_secret
from tests.fakers import API, FakeClient, ok, problem


async def is_unknown(browser: Browser, url: str) -> None:
    """The server knows of no such sign-in in this browser, and leads it nowhere."""
    response = await browser.http.get(url)
    problem(response, 401, "unauthenticated")
    assert "location" not in response.headers


def with_parameters(url: str, **changed: str) -> str:
    return str(httpx.URL(url).copy_merge_params(changed))


async def test_an_invented_state_is_refused(browser: Browser) -> None:
    url = await browser.go_to_provider()
    await is_unknown(browser, with_parameters(url, state=new_secret()))
    assert "code" in query_of(await browser.come_back(url))


async def test_a_return_without_a_state_is_refused(browser: Browser) -> None:
    url = await browser.go_to_provider()
    response = await browser.http.get(url.partition("?")[0], params={"code": query_of(url)["code"]})
    problem(response, 422, "validation_error")


async def test_a_victim_cannot_be_signed_in_by_the_link_of_an_attacker(
    browser: Browser, server: httpx.AsyncClient
) -> None:
    attackers_return = await browser.go_to_provider()
    victim = Browser(server)
    await is_unknown(victim, attackers_return)
    await victim.start()
    await is_unknown(victim, attackers_return)


async def test_a_state_works_once(browser: Browser, provider: FakeProvider) -> None:
    provider.takes_codes_again = True
    url = await browser.go_to_provider()
    cookies = dict(browser.http.cookies)
    await browser.come_back(url)
    browser.http.cookies.update(cookies)
    await is_unknown(browser, url)


async def test_an_old_state_is_refused(browser: Browser, connection: Connection) -> None:
    url = await browser.go_to_provider()
    await connection.execute("UPDATE oidc_flow SET expires_at = now()")
    await is_unknown(browser, url)


async def test_a_state_of_another_provider_is_refused(browser: Browser) -> None:
    url = await browser.go_to_provider()
    problem(await browser.http.get(url.replace("/oidc/acme/", "/oidc/other/")), 404, "not_found")


async def test_a_code_of_another_sign_in_is_refused(
    browser: Browser, server: httpx.AsyncClient, provider: FakeProvider
) -> None:
    stolen = query_of(await Browser(server).go_to_provider())["code"]
    back = await browser.come_back(with_parameters(await browser.go_to_provider(), code=stolen))
    assert query_of(back)["error"] == "server_error"


async def test_a_provider_that_checks_no_verifier_is_caught_by_the_nonce(
    browser: Browser, server: httpx.AsyncClient, provider: FakeProvider
) -> None:
    provider.checks_verifiers = False
    stolen = query_of(await Browser(server).go_to_provider())["code"]
    back = await browser.come_back(with_parameters(await browser.go_to_provider(), code=stolen))
    assert query_of(back)["error"] == "server_error"


async def test_a_return_from_another_issuer_is_refused(browser: Browser, provider: FakeProvider) -> None:
    provider.returns = {"iss": "https://evil.example"}
    await fails(browser)
    provider.returns = {"iss": provider.issuer}
    assert await browser.code()


async def test_an_issuer_that_always_names_itself_must_do_so(browser: Browser, provider: FakeProvider) -> None:
    provider.metadata = {"authorization_response_iss_parameter_supported": True}
    await fails(browser)


async def test_a_provider_with_another_name_is_not_asked(browser: Browser, provider: FakeProvider) -> None:
    provider.metadata = {"issuer": "https://evil.example"}
    back = (await browser.start()).headers["location"]
    assert query_of(back) == {"error": "temporarily_unavailable", "state": "tab 1"}


async def test_userinfo_of_another_person_is_refused(browser: Browser, provider: FakeProvider) -> None:
    provider.people["anna-1"] = {}
    provider.people_at_userinfo = {"anna-1": {"sub": "boris-2", "email": "boris@example.com", "email_verified": True}}
    await fails(browser)


async def test_an_address_and_its_verification_come_from_one_answer(browser: Browser, provider: FakeProvider) -> None:
    provider.people["anna-1"] = {"email_verified": True}
    provider.people_at_userinfo = {"anna-1": {"sub": "anna-1", "email": "victim@example.com"}}
    assert ok(await (await browser.sign_in()).get("/accounts/me"))["email"] is None


async def test_a_code_works_once_and_only_with_its_verifier(browser: Browser) -> None:
    code = await browser.code()
    problem(await browser.exchange(code, code_verifier=new_secret()), 401, "unauthenticated")
    ok(await browser.exchange(code))
    problem(await browser.exchange(code), 401, "unauthenticated")


async def test_an_old_code_is_refused(browser: Browser, connection: Connection) -> None:
    code = await browser.code()
    await connection.execute("UPDATE oidc_code SET expires_at = now()")
    problem(await browser.exchange(code), 401, "unauthenticated")


async def test_a_code_is_no_good_without_a_verifier(browser: Browser) -> None:
    form = {"grant_type": "authorization_code", "code": await browser.code()}
    problem(await browser.http.post(f"{API}/accounts/token", data=form), 422, "validation_error")


async def test_no_sign_in_begins_without_a_challenge(browser: Browser) -> None:
    for wrong in ({"code_challenge": ""}, {"code_challenge": "short"}, {"code_challenge_method": "plain"}):
        problem(await browser.start(**wrong), 422, "validation_error")


async def test_the_challenge_may_not_be_left_out(anonymous: FakeClient) -> None:
    problem(await anonymous.get("/auth/oidc/acme/start", redirect="/ui/"), 422, "validation_error")
    problem(
        await anonymous.get("/auth/oidc/acme/start", code_challenge=challenge_of(new_secret())), 422, "validation_error"
    )


_FOREIGN = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "/\t/evil.example/",
    "http://chat.example.org/",
    "https://chat.example.org.evil.example/",
    "https://chat.example.org:8443/",
    "https://chat.example.org@evil.example/",
    "https://evil.example\\@chat.example.org/",
    "javascript:alert(1)//chat.example.org",
    "/ui/#fragment",
    "org.example.chat:/signed-in/further",
    "org.example.chat:/signed-in?x=1",
    "https://[evil",
    "",
)


async def test_no_sign_in_returns_to_a_foreign_page(browser: Browser) -> None:
    for redirect in _FOREIGN:
        problem(await browser.start(redirect=redirect), 422, "validation_error")


async def test_the_return_leads_to_the_page_that_was_asked_for_whatever_is_added(browser: Browser) -> None:
    url = await browser.go_to_provider()
    foreign = dict.fromkeys(("redirect", "redirect_uri", "return_to", "next"), "https://evil.example/")
    assert (await browser.come_back(with_parameters(url, **foreign))).startswith(f"{SITE}/ui/?code=")


async def test_the_cookie_is_for_the_return_only(browser: Browser) -> None:
    response = await browser.start()
    cookie = response.headers["set-cookie"].lower()
    for part in ("httponly", "secure", "samesite=lax", f"path={API}/auth/oidc/acme/callback", "max-age=600"):
        assert part in cookie
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["referrer-policy"] == "no-referrer"
