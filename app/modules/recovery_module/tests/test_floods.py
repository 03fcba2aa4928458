"""Strangers cannot fill a mailbox with the mails that confirm its address."""

import httpx
import pytest

from app.adapters.db.connection import Connection
from app.modules.mail_module.tests.mailbox import Mailbox
from app.modules.recovery_module.services.mails import MAX_LINKS, MAX_LINKS_OF_ACCOUNT
from app.modules.recovery_module.tests.links import email_of, until_no_jobs
from tests.fakers import FakeClient, ok

_STRANGER = "vera@example.com"


async def ask_for_mails(user: FakeClient, email: str, many: int, connection: Connection) -> None:
    """Names an address as the account's own, and then asks for its mail again, one after the other."""
    ok(await user.patch("/accounts/me", {"email": email}))
    for _ in range(many - 1):
        await until_no_jobs(connection)
        assert (await user.post("/accounts/email/verify")).status_code == 202
    await until_no_jobs(connection)


def mails_to(mailbox: Mailbox, email: str) -> int:
    return sum(mail["X-Envelope-To"].lower() == email for mail in mailbox.mails)


async def test_one_account_causes_three_mails_to_a_mailbox_however_its_address_is_spelled(
    anna: FakeClient, boris: FakeClient, mailbox: Mailbox, connection: Connection
) -> None:
    for user, expected in ((anna, MAX_LINKS_OF_ACCOUNT), (boris, 2 * MAX_LINKS_OF_ACCOUNT)):
        for spelling in (_STRANGER, _STRANGER.upper(), _STRANGER.capitalize()):
            await ask_for_mails(user, spelling, 2, connection)
        assert mails_to(mailbox, _STRANGER) == expected
    await connection.execute("UPDATE recovery_token SET expires_at = now()")
    await ask_for_mails(anna, _STRANGER, 1, connection)
    assert mails_to(mailbox, _STRANGER) == 2 * MAX_LINKS_OF_ACCOUNT + 1


@pytest.mark.parametrize("has_account", [True, False])
async def test_many_accounts_cause_twelve_mails_to_a_mailbox(
    server: httpx.AsyncClient, boris: FakeClient, mailbox: Mailbox, connection: Connection, *, has_account: bool
) -> None:
    victim = email_of(boris) if has_account else _STRANGER
    for _ in range(MAX_LINKS // MAX_LINKS_OF_ACCOUNT + 1):
        await ask_for_mails(await FakeClient.sign_up(server), victim, MAX_LINKS_OF_ACCOUNT, connection)
    assert mails_to(mailbox, victim) == MAX_LINKS
