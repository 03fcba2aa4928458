"""Sign-ins by a provider that happen at the same time."""

import asyncio

import httpx

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.accounts_module.services.mailboxes import change_email
from app.modules.mail_module.tests.mailbox import Mailbox
from app.modules.oidc_module import db
from app.modules.oidc_module.tests.browser import Browser, signed_in
from app.modules.oidc_module.tests.provider import FakeProvider
from app.modules.recovery_module.services.addresses import note_verified
from app.modules.recovery_module.tests.links import email_of, verify
from app.modules.second_factor_module.tests.authenticator import code_now, finish, set_up
from app.modules.streams_module.services.log import Log, now
from app.utils.container import Container
from tests.busy import when_not_busy
from tests.fakers import FakeClient, ok, problem
from tests.waiting import until_waiting


async def sign_in(browser: Browser) -> FakeClient:
    code = await browser.code()
    return signed_in(browser.http, ok(await when_not_busy(lambda: browser.exchange(code))))


async def test_first_sign_ins_at_once_create_one_account(server: httpx.AsyncClient) -> None:
    clients = await asyncio.gather(*(sign_in(Browser(server)) for _ in range(4)))
    assert len({ok(await client.get("/accounts/me"))["id"] for client in clients}) == 1
    assert len(ok(await clients[0].get("/accounts/me/identities"))["items"]) == 1


async def test_a_sign_in_that_waits_too_long_for_another_one_can_be_repeated(
    browser: Browser, provider: FakeProvider, connection: Connection
) -> None:
    code = await browser.code()
    async with connection.transaction():
        # The other sign-in of the same person is not committed.
        await db.lock_subject(connection, provider.issuer, provider.subject)
        refused = await browser.exchange(code)
    problem(refused, 503, "unavailable")
    assert "retry-after" in refused.headers
    ok(await browser.exchange(code))


async def test_an_account_that_gets_another_address_during_the_sign_in_is_not_linked(
    anna: FakeClient,
    browser: Browser,
    provider: FakeProvider,
    mailbox: Mailbox,
    container: Container,
) -> None:
    await verify(anna, mailbox)
    provider.people["anna-1"]["email"] = email_of(anna)
    code = await browser.code()

    async with open_unit_of_work(container.get(Database)) as work:
        await container.get(Log).lock(work, accounts=[anna.uuid])
        exchange = asyncio.create_task(browser.exchange(code))
        await until_waiting(container, 1)
        await change_email(work, anna.uuid, "new@example.org")
        await note_verified(await work.raw(), anna.uuid, "new@example.org", now())
    problem(await exchange, 409, "link_required")
    assert ok(await anna.get("/accounts/me/identities"))["items"] == []


async def test_a_second_step_and_another_sign_in_of_the_same_person_both_end(
    anna: FakeClient, browser: Browser, server: httpx.AsyncClient, container: Container, connection: Connection
) -> None:
    linked = {"code": await browser.code(), "code_verifier": browser.verifier}
    ok(await anna.post("/accounts/me/identities", linked))
    secret, _ = await set_up(anna)
    ticket = problem(await browser.exchange(await browser.code()), 401, "second_factor_required")["ticket"]
    other = Browser(server)
    code = await other.code()
    async with connection.transaction():
        await connection.execute("SELECT FROM stream WHERE id = $1 FOR UPDATE", anna.uuid)
        finished = asyncio.create_task(finish(anna, ticket, code_now(secret)))
        await until_waiting(container, 1)
        exchanged = asyncio.create_task(other.exchange(code))
        await until_waiting(container, 2)
    problem(await exchanged, 401, "second_factor_required")
    ok(await finished)


async def test_a_return_that_comes_many_times_at_once_works_once(browser: Browser, provider: FakeProvider) -> None:
    provider.takes_codes_again = True
    url = await browser.go_to_provider()
    headers = {"cookie": "; ".join(f"{name}={value}" for name, value in browser.http.cookies.items())}
    answers = await asyncio.gather(*(when_not_busy(lambda: browser.http.get(url, headers=headers)) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [303] + [401] * 19
    assert [answer.request.url.path for answer in answers if "location" in answer.headers] == [httpx.URL(url).path]
    assert provider.requests.count("/token") == 1


async def test_a_code_that_is_used_many_times_at_once_works_once(browser: Browser) -> None:
    code = await browser.code()
    answers = await asyncio.gather(*(when_not_busy(lambda: browser.exchange(code)) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 19
