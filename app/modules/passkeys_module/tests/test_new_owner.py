"""The owner of a mailbox who takes an account over finds no passkey and no key of another person."""

from app.modules.bots_module.tests.bots import create_bot
from app.modules.keys_module.tests.keys import create_key, program_of
from app.modules.mail_module.tests.mailbox import Mailbox
from app.modules.passkeys_module.tests.authenticator import options_of_sign_in, register
from app.modules.recovery_module.tests.conftest import app  # noqa: F401 - the fixture of this file
from app.modules.recovery_module.tests.links import NEW_PASSWORD, email_of, reset_password, tokens_of, verify
from tests.fakers import FakeClient, ok, problem

_RP_ID = "chat.example.org"
_ORIGIN = "https://chat.example.org"


async def reset(user: FakeClient, mailbox: Mailbox, email: str | None = None) -> None:
    await reset_password(user, mailbox, email or email_of(user))
    await user.sign_in(NEW_PASSWORD)


async def test_a_reset_of_an_unverified_account_removes_passkeys(anna: FakeClient, mailbox: Mailbox) -> None:
    authenticator, _ = await register(anna, origin=_ORIGIN, rp_id=_RP_ID)
    await reset(anna, mailbox)
    assert ok(await anna.get("/accounts/me/passkeys"))["items"] == []
    used = {"credential": authenticator.get(await options_of_sign_in(anna))}
    problem(await anna.post("/accounts/passkeys/sign-in", used), 401, "unauthenticated")


async def test_it_revokes_keys_too(anna: FakeClient, mailbox: Mailbox) -> None:
    bot = await create_bot(anna)
    key = await create_key(anna)
    program = program_of(anna, key)
    ok(await program.get("/accounts/me"))
    await reset(anna, mailbox)
    for revoked in (program, bot):
        problem(await revoked.get("/accounts/me"), 401, "unauthenticated")
    events = [event["data"] for event in await anna.own_events() if event["kind"] == "security.key_revoked"]
    assert {event["account_id"] for event in events} == {anna.id, bot.id}
    assert {"key_id": key["id"], "account_id": anna.id, "name": key["name"]} in events


async def test_it_removes_what_is_older_than_the_first_verification(anna: FakeClient, mailbox: Mailbox) -> None:
    """The owner of the mailbox may have followed the link of a mail about an account of another person."""
    await register(anna, origin=_ORIGIN, rp_id=_RP_ID)
    before = program_of(anna, await create_key(anna))
    await verify(anna, mailbox)
    after = program_of(anna, await create_key(anna))
    await reset(anna, mailbox)
    assert ok(await anna.get("/accounts/me/passkeys"))["items"] == []
    problem(await before.get("/accounts/me"), 401, "unauthenticated")
    ok(await after.get("/accounts/me"))


async def test_it_removes_what_is_older_than_the_verification_of_a_new_address(
    anna: FakeClient, mailbox: Mailbox
) -> None:
    """An account may come with the address of a person who has only followed the link of a mail."""
    await verify(anna, mailbox)
    before = program_of(anna, await create_key(anna))
    ok(await anna.patch("/accounts/me", {"email": "boris@example.com"}))
    (token,) = await tokens_of(mailbox, "confirm", "boris@example.com")
    assert (await anna.post("/accounts/email/confirm", {"token": token})).status_code == 204
    after = program_of(anna, await create_key(anna))
    await reset(anna, mailbox, "boris@example.com")
    problem(await before.get("/accounts/me"), 401, "unauthenticated")
    ok(await after.get("/accounts/me"))


async def test_a_reset_of_a_verified_account_keeps_them(anna: FakeClient, mailbox: Mailbox) -> None:
    await verify(anna, mailbox)
    await register(anna, origin=_ORIGIN, rp_id=_RP_ID)
    await reset(anna, mailbox)
    assert len(ok(await anna.get("/accounts/me/passkeys"))["items"]) == 1
