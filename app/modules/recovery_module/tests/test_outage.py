"""The mail server is unavailable for hours: each mail arrives later, once, and its link is valid then."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from app.adapters.db.connection import Connection
from app.fastapi_engine.constructor import build_app
from app.modules.mail_module.tests.mailbox import Mailbox, with_mail
from app.modules.recovery_module.tests.links import email_of, tokens_of
from app.modules.streams_module.services import log
from app.settings import Settings
from tests.clocks import clock_moved_by
from tests.fakers import FakeClient, eventually, ok, problem
from tests.wire import Wire, wire_to

_FORGOT, _RESET, _CONFIRM = "/accounts/password/forgot", "/accounts/password/reset", "/accounts/email/confirm"
_VERIFY = "/accounts/email/verify"
_NEW = "staple of the new house"
_STEP = timedelta(minutes=30)
_ACCOUNTS = 10
_MAILS = "SELECT id FROM job WHERE lane = 'mail'"
_COUNTED = "SELECT count(*) FROM recovery_token WHERE email_key = $1"
_ARE_AT_REST = """
SELECT NOT EXISTS (SELECT FROM job WHERE lane = 'mail' AND (state = 'running' OR run_at <= statement_timestamp()))
"""
# The clock is moved by moving all that it is compared with.
_MOVE = (
    "UPDATE job SET run_at = run_at - $1::interval",
    "UPDATE recovery_token SET created_at = created_at - $1::interval, expires_at = expires_at - $1::interval",
)


@pytest.fixture
async def line(mailbox: Mailbox) -> AsyncIterator[Wire]:
    """The connection to the mail server."""
    async with wire_to("127.0.0.1", mailbox.port) as wire:
        mailbox.port = wire.port
        yield wire


@pytest.fixture
def app(settings: Settings, mailbox: Mailbox, line: Wire) -> FastAPI:
    public = settings.app.model_copy(update={"public_url": "https://chat.example.org"})
    return build_app(with_mail(settings, mailbox, app=public))


async def let_pass(connection: Connection, time: timedelta) -> None:
    """Moves the clock in short steps. After each, every mail that is due is tried."""

    async def is_at_rest() -> bool:
        return bool(await connection.fetchval(_ARE_AT_REST))

    await eventually(is_at_rest, 120)
    for _ in range(time // _STEP):
        for statement in _MOVE:
            await connection.execute(statement, _STEP)
        await eventually(is_at_rest, 120)


async def test_after_six_hours_without_a_mail_server_every_mail_arrives_once(
    server: httpx.AsyncClient, anonymous: FakeClient, mailbox: Mailbox, line: Wire, connection: Connection
) -> None:
    line.cut()
    users = [await FakeClient.sign_up(server) for _ in range(_ACCOUNTS)]
    for user in users:
        ok(await anonymous.post(_FORGOT, {"email": email_of(user)}))
    ids = {row["id"] for row in await connection.fetch(_MAILS)}
    assert len(ids) == 2 * _ACCOUNTS
    await let_pass(connection, timedelta(hours=2))
    await line.restore()
    mailbox.answer_to_recipient = "450 greylisted"
    await let_pass(connection, timedelta(hours=2))
    # The mail that waits is the answer to this request, too.
    ok(await anonymous.post(_FORGOT, {"email": email_of(users[0])}))
    mailbox.answer_to_recipient, mailbox.answers = None, ["451 later", "421 closing"] * 1_000
    await let_pass(connection, timedelta(hours=2))
    assert mailbox.offered > 0
    assert mailbox.mails == []
    mailbox.answers = []
    while await connection.fetch(_MAILS):
        await let_pass(connection, _STEP)

    assert Counter(mail["Message-ID"] for mail in mailbox.mails) == {f"<{job_id}@example.org>": 1 for job_id in ids}
    tokens = {user.id: await tokens_of(mailbox, "reset", email_of(user)) for user in users}
    for user in users:
        (token,) = await tokens_of(mailbox, "confirm", email_of(user))
        assert (await anonymous.post(_CONFIRM, {"token": token})).status_code == 204
    # The time of a link begins when its mail leaves.
    arrived = [mail["X-Envelope-To"] for mail in mailbox.mails if mail["Subject"] == "A new password"]
    last, first = (user for to in (arrived[-1], arrived[0]) for user in users if email_of(user) == to)
    (token,) = tokens[last.id]
    assert (await anonymous.post(_RESET, {"token": token, "new_password": _NEW})).status_code == 204
    await last.sign_in(_NEW)
    await let_pass(connection, timedelta(minutes=30))
    (token,) = tokens[first.id]
    problem(await anonymous.post(_RESET, {"token": token, "new_password": _NEW}), 410, "link_expired")
    await first.sign_in()


async def until_refused(connection: Connection, name: str) -> None:
    """Waits until a mail was tried in vain, and delays its next attempt."""

    async def was_tried() -> bool:
        later = (
            "UPDATE job SET run_at = now() + interval '1 hour' WHERE name = $1 AND state = 'waiting' AND attempts > 0"
        )
        return await connection.execute(later, name) == "UPDATE 1"

    await eventually(was_tried)


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=1)])
async def test_a_mail_that_waits_is_tried_at_once_when_it_is_asked_for_again(
    anna: FakeClient, mailbox: Mailbox, connection: Connection, monkeypatch: pytest.MonkeyPatch, ahead: timedelta
) -> None:
    monkeypatch.setattr(log, "datetime", clock_moved_by(ahead))
    await tokens_of(mailbox, "confirm", email_of(anna))
    forgotten = {"email": email_of(anna)}
    for path, body, purpose, count in ((_VERIFY, None, "confirm", 2), (_FORGOT, forgotten, "reset", 1)):
        mailbox.answer_to_recipient = "450 greylisted"
        ok(await anna.post(path, body))
        await until_refused(connection, f"recovery.{purpose}")
        # As a process of an older version stored it.
        await connection.execute("UPDATE recovery_token SET email_key = NULL")
        mailbox.answer_to_recipient = None
        ok(await anna.post(path, body))
        await tokens_of(mailbox, purpose, email_of(anna), count)
        assert await connection.fetchval(_COUNTED, email_of(anna)) == 1


async def test_another_spelling_of_an_address_whose_mail_waits_gets_a_mail_of_its_own(
    anna: FakeClient, mailbox: Mailbox, connection: Connection
) -> None:
    await tokens_of(mailbox, "confirm", email_of(anna))
    mailbox.answer_to_recipient = "450 greylisted"
    ok(await anna.post(_VERIFY))
    await until_refused(connection, "recovery.confirm")
    mailbox.answer_to_recipient = None
    spelling = email_of(anna).capitalize()
    ok(await anna.patch("/accounts/me", {"email": spelling}))
    (token,) = await tokens_of(mailbox, "confirm", spelling)
    assert (await anna.post(_CONFIRM, {"token": token})).status_code == 204
    assert ok(await anna.get("/accounts/me"))["email"] == spelling
