"""Mails to an erased account that are not sent yet, or could not be sent."""

from datetime import UTC, datetime, timedelta

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.database import BackgroundDatabase
from app.modules.accounts_module.tests.erasing import erase
from app.modules.mail_module.tests.mailbox import Mailbox
from app.modules.recovery_module.db.cruds.tokens import DELETE_UNSENT
from app.modules.recovery_module.services.housekeeping import CLEANUP
from app.modules.recovery_module.tests.links import email_of, tokens_of, until_no_jobs, verify
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import PASSWORD, FakeClient, eventually, ok, problem
from tests.periodic_jobs import run_once
from tests.reads import count_read

pytestmark = pytest.mark.usefixtures("erasing_at_once")
_NEW = "anna@new.example.com"
_MAILS = "SELECT name, payload FROM job WHERE lane = 'mail'"
_JOBS = """
INSERT INTO job (owner_id, id, name, lane, payload, run_at, state, created_at)
SELECT gen_random_uuid(), gen_random_uuid(), name, 'mail', '{}', now() - past * interval '1 day', state, now()
FROM (VALUES ('recovery.reset', 'waiting', -1, 1000), ('another', 'dead', 9, 1000), ('recovery.reset', 'dead', 2, 1000),
             ('recovery.reset', 'dead', 4, 2)) AS made(name, state, past, count), generate_series(1, count)
"""


async def refuse_mails(mailbox: Mailbox, connection: Connection) -> None:
    """Lets the mail server refuse all further mails for the moment."""
    await until_no_jobs(connection)
    mailbox.answer_to_recipient = "450 later"


async def until_refused(connection: Connection, count: int) -> None:
    """Waits until so many mails were refused. They are not tried again during the test."""

    async def are_refused() -> bool:
        postpone = "UPDATE job SET run_at = now() + interval '1 day' WHERE state = 'waiting' AND attempts = 1"
        return await connection.execute(postpone) == f"UPDATE {count}"

    await eventually(are_refused)


async def forget_password(anonymous: FakeClient, email: str) -> None:
    ok(await anonymous.post("/accounts/password/forgot", {"email": email}))


@pytest.mark.parametrize("state", ["waiting", "dead"])
async def test_a_mail_that_was_not_sent_keeps_no_address_of_an_erased_account(
    anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox, connection: Connection, container: Container, state: str
) -> None:
    await refuse_mails(mailbox, connection)
    ok(await anna.patch("/accounts/me", {"email": _NEW}))
    await forget_password(anonymous, email_of(anna))
    await until_refused(connection, 3)
    await connection.execute("UPDATE job SET state = $1 WHERE lane = 'mail'", state)
    await erase(container, connection, anna)
    assert await rows(container, _MAILS) == []


async def test_an_old_mail_keeps_no_confirmed_address_of_an_erased_account(
    anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox, connection: Connection, container: Container
) -> None:
    await verify(anna, mailbox)
    await refuse_mails(mailbox, connection)
    await forget_password(anonymous, email_of(anna))
    await until_refused(connection, 1)
    await connection.execute("UPDATE job SET state = 'dead' WHERE lane = 'mail'")
    # As the cleanup does after some days.
    await connection.execute("DELETE FROM recovery_token")
    await erase(container, connection, anna)
    assert await rows(container, _MAILS) == []


@pytest.mark.parametrize(("days", "left"), [(2, ["recovery.reset"]), (4, [])])
async def test_a_link_to_a_new_password_that_could_not_be_sent_is_deleted_after_some_days(
    anna: FakeClient,
    anonymous: FakeClient,
    mailbox: Mailbox,
    connection: Connection,
    container: Container,
    days: int,
    left: list[str],
) -> None:
    await refuse_mails(mailbox, connection)
    await forget_password(anonymous, email_of(anna))
    await until_refused(connection, 1)
    last_attempt = "UPDATE job SET state = 'dead', run_at = now() - make_interval(days => $1) WHERE lane = 'mail'"
    await connection.execute(last_attempt, days)
    await run_once(container, CLEANUP)
    assert [row["name"] for row in await rows(container, _MAILS)] == left


async def test_old_links_that_could_not_be_sent_are_found_without_the_other_jobs(container: Container) -> None:
    async with container.get(BackgroundDatabase).connection() as connection:
        await connection.execute(_JOBS)
        before = datetime.now(UTC) - timedelta(days=3)
        assert await count_read(connection, connection.execute(DELETE_UNSENT, before, 100)) <= 10
        assert await connection.fetchval("SELECT count(*) FROM job") == 3_000


async def test_a_mail_to_the_account_that_has_the_address_now_stays(
    anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox, connection: Connection, container: Container
) -> None:
    old = email_of(anna)
    await forget_password(anonymous, old)
    await tokens_of(mailbox, "reset", old)
    ok(await anna.patch("/accounts/me", {"email": _NEW}))
    (token,) = await tokens_of(mailbox, "confirm", _NEW)
    ok(await anonymous.post("/accounts/email/confirm", {"token": token}))
    ok(await anonymous.post("/accounts/sign-up", {"email": old, "password": PASSWORD, "username": "eve"}))
    await refuse_mails(mailbox, connection)
    await forget_password(anonymous, old)
    await until_refused(connection, 1)
    await erase(container, connection, anna)
    assert [row["name"] for row in await rows(container, _MAILS)] == ["recovery.reset"]


async def test_a_notice_that_failed_during_the_erasure_is_not_sent_again(
    anna: FakeClient, mailbox: Mailbox, connection: Connection, container: Container
) -> None:
    await refuse_mails(mailbox, connection)
    ok(await anna.patch("/accounts/me", {"email": _NEW}))
    await until_refused(connection, 2)
    # As if it ran: the erasure does not find it.
    await connection.execute("UPDATE job SET owner_id = id WHERE name = 'recovery.notify'")
    await erase(container, connection, anna)
    mailbox.answer_to_recipient = None
    await connection.execute("UPDATE job SET run_at = now() WHERE lane = 'mail'")
    await until_no_jobs(connection)
    assert [mail["Subject"] for mail in mailbox.mails] == ["Confirm your email address"]


async def test_a_link_to_a_new_password_has_expired_when_the_erasure_has_begun(
    anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox, connection: Connection
) -> None:
    await forget_password(anonymous, email_of(anna))
    (token,) = await tokens_of(mailbox, "reset", email_of(anna))
    # The account is closed, and its links are not deleted yet.
    await connection.execute("UPDATE account SET email = NULL, erased_at = now() WHERE id = $1", anna.uuid)
    new = {"token": token, "new_password": "staple of the new house"}
    problem(await anonymous.post("/accounts/password/reset", new), 410, "link_expired")
