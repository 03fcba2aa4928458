"""A new password ends a change of the address: a thief who knew the old one may have asked for it."""

from collections.abc import AsyncIterator

from app.adapters.db.address import DatabaseAddress
from app.modules.mail_module.tests.mailbox import Mailbox
from app.modules.recovery_module.tests.links import NEW_PASSWORD, email_of, reset_password, tokens_of, verify
from tests.fakers import API, PASSWORD, FakeClient, ok, problem
from tests.manage import manage

_OTHER = "thief@example.com"


async def begin(thief: FakeClient, mailbox: Mailbox) -> str:
    """Returns the token that confirms the other address."""
    ok(await thief.patch("/accounts/me", {"email": _OTHER}))
    (token,) = await tokens_of(mailbox, "confirm", _OTHER)
    return token


async def check_ended(anna: FakeClient, token: str) -> None:
    problem(await anna.post("/accounts/email/confirm", {"token": token}), 410, "link_expired")
    mine = ok(await anna.get("/accounts/me"))
    assert (mine["email"], mine["pending_email"]) == (email_of(anna), None)


async def test_a_reset_ends_a_change_of_the_address(anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox) -> None:
    token = await begin(anna, mailbox)
    await reset_password(anonymous, mailbox, email_of(anna))
    await anna.sign_in(NEW_PASSWORD)
    await check_ended(anna, token)


async def test_a_changed_password_ends_a_change_of_the_address(anna: FakeClient, mailbox: Mailbox) -> None:
    await verify(anna, mailbox)
    token = await begin(anna, mailbox)
    ok(await anna.post("/accounts/me/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD}))
    await check_ended(anna, token)


async def test_the_operators_reset_ends_a_change_of_the_address(
    anna: FakeClient, mailbox: Mailbox, database_address: DatabaseAddress
) -> None:
    token = await begin(anna, mailbox)
    done = await manage(database_address, "account", "reset-password", anna.username, ACCOUNT_PASSWORD=NEW_PASSWORD)
    assert done.exit_code == 0, done.output
    await anna.sign_in(NEW_PASSWORD)
    await check_ended(anna, token)


async def test_an_address_from_the_operator_ends_a_change_to_another_one(
    anna: FakeClient, mailbox: Mailbox, database_address: DatabaseAddress
) -> None:
    token = await begin(anna, mailbox)
    done = await manage(database_address, "account", "change-email", anna.username, "anna@new.example.com")
    assert done.exit_code == 0, done.output
    problem(await anna.post("/accounts/email/confirm", {"token": token}), 410, "link_expired")
    mine = ok(await anna.get("/accounts/me"))
    assert (mine["email"], mine["pending_email"]) == ("anna@new.example.com", None)


async def test_a_request_that_arrives_slowly_asks_for_no_address_afterwards(anna: FakeClient) -> None:
    thief = await anna.another_device().sign_in()

    async def body() -> AsyncIterator[bytes]:
        yield b'{"email": '
        ok(await anna.post("/accounts/me/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD}))
        yield b'"%s"}' % _OTHER.encode()

    headers = {**thief.headers, "Content-Type": "application/json"}
    changing = await thief.http.patch(f"{API}/accounts/me", headers=headers, content=body())
    problem(changing, 401, "unauthenticated")
    assert ok(await anna.get("/accounts/me"))["pending_email"] is None
