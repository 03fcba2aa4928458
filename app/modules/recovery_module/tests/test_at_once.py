"""Mails and links of one mailbox at the same time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import UnitOfWork, open_unit_of_work
from app.modules.jobs_module.extension import Jobs
from app.modules.mail_module.tests.mailbox import Mailbox
from app.modules.recovery_module.db.cruds import sign_ups
from app.modules.recovery_module.services.mails import CONFIRM, MAX_LINKS_OF_ACCOUNT, RESET, Confirmation, Forgotten
from app.modules.recovery_module.services.sign_ups import LIFETIME, MAX_MAILS_BY_NETWORK, SIGN_UP_MAIL, Begun
from app.modules.recovery_module.tests.links import email_of, subjects_to, tokens_of, until_no_jobs
from app.modules.streams_module.services.log import now
from app.utils.container import Container
from tests.fakers import FakeClient
from tests.waiting import until_waiting


@asynccontextmanager
async def enqueuing_at_once(
    container: Container, connection: Connection, table: str, many: int
) -> AsyncIterator[UnitOfWork]:
    """None of the jobs that are enqueued in the block writes to the table before all of them wait."""
    async with connection.transaction():
        await connection.execute(f"LOCK TABLE {table} IN SHARE MODE")
        async with open_unit_of_work(container.get(Database)) as work:
            yield work
        await until_waiting(container, many)
    await until_no_jobs(connection)


@pytest.mark.usefixtures("server")
async def test_mails_because_of_sign_ups_that_are_sent_at_once_are_no_more_than_the_limit(
    container: Container, mailbox: Mailbox, connection: Connection
) -> None:
    begun, at = [uuid4() for _ in range(MAX_MAILS_BY_NETWORK + 1)], now()
    for number, sign_up_id in enumerate(begun):
        given = ("vera@example.com", "vera@example.com", f"vera{number}", "Вера", "hash", "network")
        await sign_ups.add(connection, sign_up_id, *given, at, at + LIFETIME)
    async with enqueuing_at_once(container, connection, "pending_sign_up", len(begun)) as work:
        for sign_up_id in begun:
            await container.get(Jobs).enqueue(work, SIGN_UP_MAIL, Begun(sign_up_id=sign_up_id))
    assert len(mailbox.mails) == MAX_MAILS_BY_NETWORK


async def test_links_to_a_new_password_that_are_sent_at_once_are_no_more_than_the_limit(
    anna: FakeClient, container: Container, mailbox: Mailbox, connection: Connection
) -> None:
    await until_no_jobs(connection)
    many = MAX_LINKS_OF_ACCOUNT + 1
    async with enqueuing_at_once(container, connection, "recovery_token", many) as work:
        for _ in range(many):
            await container.get(Jobs).enqueue(work, RESET, Forgotten(email=email_of(anna)))
    subjects = await subjects_to(mailbox, email_of(anna), 1 + MAX_LINKS_OF_ACCOUNT)
    assert subjects.count("A new password") == MAX_LINKS_OF_ACCOUNT


async def test_mails_that_confirm_an_address_and_are_sent_at_once_are_no_more_than_the_limit(
    anna: FakeClient, container: Container, mailbox: Mailbox, connection: Connection
) -> None:
    # The sign-up has sent the first one.
    await tokens_of(mailbox, "confirm", email_of(anna))
    async with enqueuing_at_once(container, connection, "recovery_token", MAX_LINKS_OF_ACCOUNT) as work:
        for _ in range(MAX_LINKS_OF_ACCOUNT):
            await container.get(Jobs).enqueue(work, CONFIRM, Confirmation(account_id=anna.uuid, email=email_of(anna)))
    await tokens_of(mailbox, "confirm", email_of(anna), MAX_LINKS_OF_ACCOUNT)


async def test_of_two_links_that_are_used_at_once_one_sets_the_password(
    anna: FakeClient, anonymous: FakeClient, container: Container, mailbox: Mailbox, connection: Connection
) -> None:
    for count in (1, 2):
        await anonymous.post("/accounts/password/forgot", {"email": email_of(anna)})
        links = await tokens_of(mailbox, "reset", email_of(anna), count)
    async with connection.transaction():
        await connection.execute("SELECT FROM stream WHERE id = $1 FOR UPDATE", anna.uuid)
        given = [{"token": token, "new_password": f"staple of the house of {token}"} for token in links]
        resets = [asyncio.create_task(anonymous.post("/accounts/password/reset", each)) for each in given]
        await until_waiting(container, 2)
    assert sorted([(await reset).status_code for reset in resets]) == [204, 410]
