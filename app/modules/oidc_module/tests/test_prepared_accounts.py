"""A provider proves who owns a mailbox. An account that another person has prepared with its address ends for them."""

import pytest

from app.modules.keys_module.tests.keys import create_key, program_of
from app.modules.mail_module.tests.mailbox import Mailbox
from app.modules.oidc_module.tests.browser import SITE, Browser, signed_in
from app.modules.oidc_module.tests.provider import FakeProvider
from app.modules.passkeys_module.tests.authenticator import options_of_sign_in, register
from app.modules.recovery_module.tests.links import email_of, tokens_of, verify
from app.modules.second_factor_module.tests.authenticator import code_now, finish, set_up
from tests.fakers import PASSWORD, FakeClient, ok, problem


@pytest.fixture
def person(anna: FakeClient, browser: Browser, provider: FakeProvider) -> Browser:
    """The owner of the mailbox whose address Anna has typed in."""
    provider.people["anna-1"]["email"] = email_of(anna)
    return browser


async def test_what_was_added_before_the_address_was_verified_opens_the_account_no_more(
    anna: FakeClient, person: Browser, mailbox: Mailbox
) -> None:
    authenticator, _ = await register(anna, origin=SITE, rp_id="chat.example.org")
    program = program_of(anna, await create_key(anna))
    await verify(anna, mailbox)
    owner = await person.sign_in()
    assert ok(await owner.get("/accounts/me"))["id"] == anna.id
    problem(await anna.get("/accounts/me"), 401, "unauthenticated")
    problem(await program.get("/accounts/me"), 401, "unauthenticated")
    used = {"credential": authenticator.get(await options_of_sign_in(anna))}
    problem(await anna.post("/accounts/passkeys/sign-in", used), 401, "unauthenticated")
    sign_in = {"login": anna.username, "password": PASSWORD}
    problem(await anna.post("/accounts/sign-in", sign_in), 401, "unauthenticated")
    changed = [event["data"] for event in await owner.own_events() if event["kind"] == "security.password_changed"]
    assert changed == [{"by": "provider"}]


async def test_a_change_of_the_address_that_was_asked_for_before_ends(
    anna: FakeClient, person: Browser, mailbox: Mailbox
) -> None:
    await verify(anna, mailbox)
    ok(await anna.patch("/accounts/me", {"email": "stranger@example.org"}))
    (token,) = await tokens_of(mailbox, "confirm", "stranger@example.org")
    owner = await person.sign_in()
    problem(await owner.post("/accounts/email/confirm", {"token": token}), 410, "link_expired")
    assert ok(await owner.get("/accounts/me"))["email"] == email_of(anna)


async def test_a_second_factor_from_before_is_not_asked_for(
    anna: FakeClient, person: Browser, mailbox: Mailbox
) -> None:
    await set_up(anna)
    await verify(anna, mailbox)
    owner = await person.sign_in()
    assert ok(await owner.get("/accounts/me"))["totp_enabled"] is False


async def test_only_the_first_sign_in_by_a_provider_does_so(
    anna: FakeClient, person: Browser, mailbox: Mailbox
) -> None:
    await verify(anna, mailbox)
    owner = await person.sign_in()
    program = program_of(anna, await create_key(owner))
    await person.sign_in()
    ok(await owner.get("/accounts/me"))
    ok(await program.get("/accounts/me"))


async def test_an_account_that_a_provider_has_signed_up_keeps_its_password(
    browser: Browser, provider: FakeProvider, mailbox: Mailbox
) -> None:
    first = await browser.sign_in()
    forgotten = {"email": "anna@example.com"}
    assert (await first.post("/accounts/password/forgot", forgotten)).status_code == 202
    (token,) = await tokens_of(mailbox, "reset", "anna@example.com")
    new = {"token": token, "new_password": "staple of the new house"}
    assert (await first.post("/accounts/password/reset", new)).status_code == 204
    first.username = "anna@example.com"
    await first.sign_in("staple of the new house")
    provider.people["anna-2"], provider.subject = provider.people["anna-1"], "anna-2"
    again = await browser.sign_in()
    assert len(ok(await again.get("/accounts/me/identities"))["items"]) == 2
    ok(await first.get("/accounts/me"))


async def test_a_second_factor_of_the_owner_is_asked_for_before_anything_ends(
    anna: FakeClient, person: Browser, mailbox: Mailbox
) -> None:
    await verify(anna, mailbox)
    secret, _ = await set_up(anna)
    ticket = problem(await person.exchange(await person.code()), 401, "second_factor_required")["ticket"]
    ok(await anna.get("/accounts/me"))
    owner = signed_in(person.http, ok(await finish(anna, ticket, code_now(secret))))
    ok(await owner.get("/accounts/me"))
    problem(await anna.get("/accounts/me"), 401, "unauthenticated")
