"""The owner of an account gets a mail when the protection of the account changes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi import FastAPI

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.fastapi_engine.constructor import build_app
from app.modules.accounts_module.tests.erasing import erase
from app.modules.bots_module.tests.bots import create_bot
from app.modules.jobs_module.extension import Jobs
from app.modules.keys_module.tests.keys import create_key
from app.modules.mail_module.extension import Letter
from app.modules.mail_module.services.composing import compose
from app.modules.mail_module.settings import MailSettings
from app.modules.mail_module.tests.mailbox import Mailbox, text_of, with_mail
from app.modules.second_factor_module.tests.authenticator import set_up
from app.modules.security_mails_module.db import INVARIANTS
from app.modules.security_mails_module.services import NOTIFY, SecurityNotice
from app.modules.streams_module.services.log import now
from app.settings import Settings
from app.utils.container import Container
from tests.fakers import PASSWORD, FakeClient, eventually, ok
from tests.rates import limited

_NEW = "staple of the new house"
_TEMPLATES = Path(__file__).parents[1] / "templates"


@pytest.fixture
def app(settings: Settings, mailbox: Mailbox) -> FastAPI:
    return build_app(with_mail(limited(settings, sign_in="1000/minute"), mailbox))


async def subjects(mailbox: Mailbox, user: FakeClient, connection: Connection, last: str) -> list[str]:
    """Returns the subjects of all mails about the security of the user, as soon as `last` is among them."""

    def found() -> list[str]:
        to_user = [mail for mail in mailbox.mails if mail["X-Envelope-To"] == f"{user.username}@example.com"]
        return [mail["Subject"] for mail in to_user if mail["Subject"] != "Confirm your email address"]

    async def there() -> bool:
        return last in found() and not await connection.fetchval("SELECT count(*) FROM job WHERE lane = 'mail'")

    await eventually(there, 120)
    return found()


async def test_a_new_password_is_reported_and_a_sign_in_is_not(
    anna: FakeClient, mailbox: Mailbox, connection: Connection
) -> None:
    await anna.another_device().sign_in()
    change = {"current_password": PASSWORD, "new_password": _NEW}
    assert (await anna.post("/accounts/me/password", change)).status_code == 204
    assert await subjects(mailbox, anna, connection, "Your password was changed") == ["Your password was changed"]


async def test_factors_that_are_added_and_removed_are_reported(
    anna: FakeClient, mailbox: Mailbox, connection: Connection
) -> None:
    await set_up(anna)
    assert (await anna.post("/accounts/me/totp/disable")).status_code == 204
    assert sorted(await subjects(mailbox, anna, connection, "A way to sign in was removed")) == [
        "A way to sign in was added",
        "A way to sign in was removed",
    ]
    (added,) = [mail for mail in mailbox.mails if mail["Subject"].endswith("added")]
    assert "an authenticator app" in text_of(added)


async def test_a_new_key_is_reported_with_whose_it_is(
    anna: FakeClient, mailbox: Mailbox, connection: Connection
) -> None:
    await create_key(anna)
    await create_bot(anna)

    async def are_sent() -> bool:
        return [mail["Subject"] for mail in mailbox.mails].count("An API key was created") == 2

    await eventually(are_sent, 120)
    texts = "".join(text_of(mail) for mail in mailbox.mails if mail["Subject"] == "An API key was created")
    for whose in ("one of your bots", "your account"):
        assert texts.count(f"an API key of {whose} was created") == 1


async def test_an_account_gets_a_limited_number_of_mails(
    anna: FakeClient, mailbox: Mailbox, connection: Connection
) -> None:
    await set_up(anna)
    for _ in range(20):
        ok(await anna.post("/accounts/me/totp/recovery-codes"))
    assert (await anna.post("/accounts/me/totp/disable")).status_code == 204

    async def handled() -> bool:
        return len(mailbox.mails) == 21 and not await connection.fetchval(
            "SELECT count(*) FROM job WHERE lane = 'mail'"
        )

    await eventually(handled, 120)
    assert "A way to sign in was removed" not in [mail["Subject"] for mail in mailbox.mails]


@pytest.mark.usefixtures("erasing_at_once")
async def test_a_mail_that_could_not_be_sent_keeps_no_address_of_an_erased_account(
    anna: FakeClient, mailbox: Mailbox, connection: Connection, container: Container
) -> None:
    async def are_gone() -> bool:
        return not await connection.fetchval("SELECT count(*) FROM job WHERE lane = 'mail'")

    async def is_dead() -> bool:
        give_up = "UPDATE job SET state = 'dead' WHERE state = 'waiting' AND last_error LIKE '%' || $1 || '%'"
        return await connection.execute(give_up, f"{anna.username}@example.com") == "UPDATE 1"

    await eventually(are_gone)
    mailbox.answer_to_recipient = "450 later"
    change = {"current_password": PASSWORD, "new_password": _NEW}
    assert (await anna.post("/accounts/me/password", change)).status_code == 204
    await eventually(is_dead)
    await erase(container, connection, anna)
    assert await are_gone()


async def test_doctor_deletes_mails_of_an_account_that_was_erased_while_the_module_was_off(
    anna: FakeClient, connection: Connection, container: Container
) -> None:
    async with open_unit_of_work(container.get(Database)) as work:
        notice = SecurityNotice(account_id=anna.uuid, kind="password_changed", at=now())
        tomorrow = now() + timedelta(days=1)
        await container.get(Jobs).enqueue(work, NOTIFY, notice, run_at=tomorrow, owner_id=anna.uuid)
    (invariant,) = INVARIANTS
    assert await connection.fetch(invariant.find) == []
    await connection.execute("UPDATE account SET erased_at = now() - interval '25 hours' WHERE id = $1", anna.uuid)
    assert [row["stream_id"] for row in await connection.fetch(invariant.find)] == [anna.uuid]
    await connection.execute(invariant.fix[0], [anna.uuid])
    assert await connection.fetch(invariant.find) == []


@pytest.mark.parametrize(
    ("language", "in_utc", "in_yakutsk"),
    [
        ("en", "2026-01-31 22:00 (UTC)", "2026-02-01 07:00 (Asia/Yakutsk)"),
        ("ru", "31.01.2026 22:00 (UTC)", "01.02.2026 07:00 (Asia/Yakutsk)"),
    ],
)
def test_every_mail_exists_in_both_languages_and_has_a_time(language: str, in_utc: str, in_yakutsk: str) -> None:
    names = sorted({file.name.split(".")[0] for file in _TEMPLATES.iterdir()})
    assert names == [
        "factor_added",
        "factor_removed",
        "identity_linked",
        "identity_removed",
        "key_created",
        "password_changed",
    ]
    for name in names:
        for factor in ("totp", "passkey", "recovery_codes"):
            values: dict[str, str | datetime] = {
                "factor": factor,
                "provider": "acme",
                "key_of": "account",
                "at": datetime(2026, 1, 31, 22, tzinfo=UTC),
            }
            letter = Letter("anna@example.com", name, values, language)
            mail = compose(MailSettings(), uuid4(), _TEMPLATES, letter, now())
            assert in_utc in text_of(mail)
            there = compose(MailSettings(), uuid4(), _TEMPLATES, replace(letter, time_zone="Asia/Yakutsk"), now())
            assert in_yakutsk in text_of(there)
            assert "{" not in text_of(mail)


def test_mails_about_what_a_new_password_does_not_revoke_say_what_to_do_with_it() -> None:
    def written(language: str, name: str, factor: str = "") -> str:
        values: dict[str, str | datetime] = {"factor": factor, "provider": "acme", "key_of": "account", "at": now()}
        letter = Letter("anna@example.com", name, values, language)
        return text_of(compose(MailSettings(), uuid4(), _TEMPLATES, letter, now()))

    assert "revoke this key" in written("en", "key_created")
    assert "отзовите этот ключ" in written("ru", "key_created")
    assert "unlink it" in written("en", "identity_linked")
    assert "отвяжите его" in written("ru", "identity_linked")
    for factor, what_to_do in (("totp", "remove it"), ("passkey", "remove it"), ("recovery_codes", "create other")):
        assert what_to_do in written("en", "factor_added", factor)
    for factor, what_to_do in (("totp", "отключите"), ("passkey", "удалите"), ("recovery_codes", "создайте другие")):
        assert what_to_do in written("ru", "factor_added", factor)
