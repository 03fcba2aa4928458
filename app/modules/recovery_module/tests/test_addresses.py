"""An address is verified by a mail, and a new one takes effect when it is confirmed."""

from dataclasses import replace

import pytest

from app.adapters.db.connection import Connection
from app.fastapi_engine.constructor import build_app
from app.modules.accounts_module.tests.erasing import erase
from app.modules.mail_module.settings import MailSettings
from app.modules.mail_module.tests.mailbox import Mailbox, text_of
from app.modules.recovery_module.tests.links import email_of, subjects_to, tokens_of, until_no_jobs
from app.settings import Settings
from app.settings.app_settings import Mode
from app.utils.container import Container
from tests.busy import at_once
from tests.databases import rows
from tests.fakers import FakeClient, ok, problem
from tests.servers import served

_NEW = "anna@new.example.com"


async def test_a_sign_up_sends_one_mail_and_a_sign_in_none(
    anna: FakeClient, mailbox: Mailbox, connection: Connection
) -> None:
    await until_no_jobs(connection)
    await anna.sign_in()
    await until_no_jobs(connection)
    assert [mail["Subject"] for mail in mailbox.mails] == ["Confirm your email address"]


async def test_a_confirmed_address_is_verified(anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox) -> None:
    (token,) = await tokens_of(mailbox, "confirm", email_of(anna))
    assert ok(await anna.get("/accounts/me"))["email_verified"] is False
    before = len(await anna.own_events())
    assert (await anonymous.post("/accounts/email/confirm", {"token": token})).status_code == 204
    assert ok(await anna.get("/accounts/me"))["email_verified"] is True
    assert [event["kind"] for event in (await anna.own_events())[before:]] == ["account.updated"]
    # A verified address gets no further mail.
    assert (await anna.post("/accounts/email/verify")).status_code == 202
    problem(await anonymous.post("/accounts/email/confirm", {"token": token}), 410, "link_expired")
    assert len(mailbox.mails) == 1


async def test_the_mail_is_sent_again(anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox) -> None:
    await tokens_of(mailbox, "confirm", email_of(anna))
    assert (await anna.post("/accounts/email/verify")).status_code == 202
    first, second = await tokens_of(mailbox, "confirm", email_of(anna), 2)
    assert first != second
    assert (await anonymous.post("/accounts/email/confirm", {"token": first})).status_code == 204


async def test_a_token_works_once_under_a_race(anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox) -> None:
    (token,) = await tokens_of(mailbox, "confirm", email_of(anna))
    answers = await at_once(*[lambda: anonymous.post("/accounts/email/confirm", {"token": token})] * 5)
    assert sorted(answer.status_code for answer in answers) == [204] + [410] * 4


async def test_an_old_token_an_unknown_one_and_one_of_another_kind_are_refused(
    anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox, connection: Connection
) -> None:
    (token,) = await tokens_of(mailbox, "confirm", email_of(anna))
    new = {"token": token, "new_password": "staple of the new house"}
    problem(await anonymous.post("/accounts/password/reset", new), 410, "link_expired")
    for unknown in ("", token[:-1], "ё" * 43, "x" * 256):
        problem(await anonymous.post("/accounts/email/confirm", {"token": unknown}), 410, "link_expired")
    await connection.execute("UPDATE recovery_token SET expires_at = now()")
    problem(await anonymous.post("/accounts/email/confirm", {"token": token}), 410, "link_expired")


async def test_no_token_is_stored(anna: FakeClient, mailbox: Mailbox, connection: Connection) -> None:
    (token,) = await tokens_of(mailbox, "confirm", email_of(anna))
    for table in ("recovery_token", "job", "account_mailbox", "event"):
        rows = await connection.fetch(f"SELECT to_jsonb(t)::text AS row FROM {table} t")  # noqa: S608
        assert not any(token in row["row"] for row in rows), table


async def test_a_new_address_takes_effect_when_it_is_confirmed(
    anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox
) -> None:
    old = email_of(anna)
    await tokens_of(mailbox, "confirm", old)
    changed = ok(await anna.patch("/accounts/me", {"email": _NEW}))
    assert (changed["email"], changed["pending_email"]) == (old, _NEW)
    (token,) = await tokens_of(mailbox, "confirm", _NEW)
    assert "A new address was requested" in await subjects_to(mailbox, old, 2)
    assert (await anonymous.post("/accounts/email/confirm", {"token": token})).status_code == 204
    mine = ok(await anna.get("/accounts/me"))
    assert (mine["email"], mine["email_verified"], mine["pending_email"]) == (_NEW, True, None)
    assert "Your address was changed" in await subjects_to(mailbox, old, 3)


async def test_an_address_changes_only_soon_after_a_sign_in(
    anna: FakeClient, mailbox: Mailbox, connection: Connection
) -> None:
    """The mails of a new password go to the address: a session that was stolen long ago must not change it."""
    await connection.execute("UPDATE auth_session SET created_at = now() - interval '11 minutes'")
    problem(await anna.patch("/accounts/me", {"email": _NEW}), 401, "reauthentication_required")
    shown = ok(await anna.patch("/accounts/me", {"bio": "Привет"}))
    assert (shown["bio"], shown["pending_email"]) == ("Привет", None)
    await anna.sign_in()
    assert ok(await anna.patch("/accounts/me", {"email": _NEW}))["pending_email"] == _NEW


async def test_a_later_change_replaces_an_earlier_one(
    anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox
) -> None:
    old = email_of(anna)
    ok(await anna.patch("/accounts/me", {"email": _NEW}))
    (token,) = await tokens_of(mailbox, "confirm", _NEW)
    assert ok(await anna.patch("/accounts/me", {"email": old}))["pending_email"] is None
    problem(await anonymous.post("/accounts/email/confirm", {"token": token}), 410, "link_expired")
    assert ok(await anna.get("/accounts/me"))["email"] == old


async def test_a_taken_address_is_pending_too_and_its_owner_is_informed(
    anna: FakeClient, boris: FakeClient, mailbox: Mailbox
) -> None:
    taken = ok(await anna.patch("/accounts/me", {"email": email_of(boris)}))
    assert (taken["email"], taken["pending_email"]) == (email_of(anna), email_of(boris))
    assert "This address already has an account" in await subjects_to(mailbox, email_of(boris), 2)


async def test_an_address_that_is_taken_meanwhile_is_refused_and_the_token_stays(
    anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox
) -> None:
    ok(await anna.patch("/accounts/me", {"email": "eve@example.com"}))
    (token,) = await tokens_of(mailbox, "confirm", "eve@example.com")
    body = {"email": "EVE@example.com", "password": "correct horse battery", "username": "eve"}
    assert (await anonymous.post("/accounts/sign-up", body)).status_code == 201
    problem(await anonymous.post("/accounts/email/confirm", {"token": token}), 409, "conflict")
    assert ok(await anna.get("/accounts/me"))["pending_email"] == "eve@example.com"


async def test_others_do_not_see_if_an_address_is_verified(anna: FakeClient, boris: FakeClient, club: str) -> None:
    shown = [
        ok(await boris.get(f"/accounts/{anna.id}")),
        *ok(await boris.get("/accounts", query="anna"))["items"],
        *ok(await boris.get(f"/chats/{club}/members"))["items"],
    ]
    assert len(shown) == 4
    assert not any({"email", "email_verified", "pending_email"} & one.keys() for one in shown)


async def test_what_is_no_address_is_refused(anna: FakeClient) -> None:
    for email in ("anna", "a@b\r\nBcc: c@d", "", None):
        problem(await anna.patch("/accounts/me", {"email": email}), 422, "validation_error")


@pytest.mark.usefixtures("erasing_at_once")
async def test_an_erased_account_leaves_no_address_and_no_token(
    anna: FakeClient, mailbox: Mailbox, connection: Connection, container: Container
) -> None:
    ok(await anna.patch("/accounts/me", {"email": _NEW}))
    await tokens_of(mailbox, "confirm", _NEW)
    await until_no_jobs(connection)
    await erase(container, connection, anna)
    assert (
        await connection.fetchval(
            "SELECT (SELECT count(*) FROM account_mailbox) + (SELECT count(*) FROM recovery_token)"
        )
        == 0
    )


async def test_a_server_without_mail_prepares_no_mail_at_sign_up(settings: Settings) -> None:
    quiet = settings.app.model_copy(update={"environment": Mode.DEV})
    application = build_app(replace(settings, own={**settings.own, MailSettings: MailSettings()}, app=quiet))
    async with served(application) as http:
        await FakeClient.sign_up(http, "vera")
        container = application.state.container
        # The cleanup is due at any time.
        mails = "SELECT FROM job WHERE name LIKE 'recovery.%' AND name <> 'recovery.delete_old_tokens'"
        assert await rows(container, mails) == []
        assert await rows(container, "SELECT FROM recovery_token") == []


async def test_the_mail_that_confirms_an_address_names_the_account(anna: FakeClient, mailbox: Mailbox) -> None:
    await tokens_of(mailbox, "confirm", email_of(anna))
    text = text_of(mailbox.mails[0])
    assert f"your account {anna.username}" in text
    assert "If you have not created this account, do not open the link" in text
