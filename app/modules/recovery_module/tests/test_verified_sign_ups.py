"""With AUTH_SIGN_UP=verified an account is created by the link of a mail, and no answer says who has an account."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.fastapi_engine.constructor import build_app
from app.modules.accounts_module.services.sign_ups import SignUps
from app.modules.jobs_module.extension import Jobs
from app.modules.mail_module.tests.mailbox import Mailbox, text_of, with_mail
from app.modules.recovery_module.services.sign_ups import MAX_MAILS, MAX_MAILS_BY_NETWORK, SIGN_UP_MAIL, Begun
from app.modules.recovery_module.tests.links import subjects_to, tokens_of, until_no_jobs
from app.settings import Settings
from app.utils.container import Container
from app.utils.module import Modules
from tests.busy import at_once
from tests.fakers import API, PASSWORD, FakeClient, ok, problem
from tests.servers import served, without
from tests.waiting import until_waiting

_EMAIL = "vera@example.com"


def with_mode(settings: Settings, mode: str) -> Settings:
    return replace(settings, auth=settings.auth.model_copy(update={"sign_up": mode}))


@pytest.fixture
def app(settings: Settings, mailbox: Mailbox) -> FastAPI:
    public = settings.app.model_copy(update={"public_url": "https://chat.example.org"})
    return build_app(with_mail(with_mode(settings, "verified"), mailbox, app=public))


def body(**more: str) -> dict[str, str]:
    return {"email": _EMAIL, "username": "vera", "password": PASSWORD, "display_name": "Вера", **more}


async def sign_up(http: httpx.AsyncClient, **more: str) -> httpx.Response:
    return await http.post(f"{API}/accounts/sign-up", json=body(**more))


async def confirm(http: httpx.AsyncClient, token: str) -> httpx.Response:
    return await http.post(f"{API}/accounts/email/confirm", json={"token": token})


async def verified(http: httpx.AsyncClient, mailbox: Mailbox, **more: str) -> FakeClient:
    """Signs up and follows the link. Returns the user, signed in."""
    given = body(**more)
    assert (await sign_up(http, **more)).status_code == 202
    (token,) = await tokens_of(mailbox, "confirm", given["email"])
    assert (await confirm(http, token)).status_code == 204
    return await FakeClient(http, username=given["username"]).sign_in()


async def test_an_account_is_created_when_the_link_is_followed(server: httpx.AsyncClient, mailbox: Mailbox) -> None:
    answer = await sign_up(server)
    assert (answer.status_code, answer.content) == (202, b"")
    (token,) = await tokens_of(mailbox, "confirm", _EMAIL)
    vera = FakeClient(server, username="vera")
    login = {"login": "vera", "password": PASSWORD}
    problem(await server.post(f"{API}/accounts/sign-in", json=login), 401, "unauthenticated")
    assert (await confirm(server, token)).status_code == 204
    me = ok(await (await vera.sign_in()).get("/accounts/me"))
    assert (me["email"], me["username"], me["display_name"], me["email_verified"]) == (_EMAIL, "vera", "Вера", True)
    problem(await confirm(server, token), 410, "link_expired")
    # A verified address gets no further mail.
    assert [mail["Subject"] for mail in mailbox.mails] == ["Finish your sign-up"]
    assert "the account vera with" in text_of(mailbox.mails[0])


async def test_a_known_address_gets_the_same_answer_and_another_mail(
    server: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    await verified(server, mailbox)
    mailbox.mails.clear()
    answers = [await sign_up(server, email=email, username="vera2") for email in (_EMAIL.upper(), "new@example.com")]
    assert [(answer.status_code, answer.content) for answer in answers] == [(202, b"")] * 2
    assert await subjects_to(mailbox, _EMAIL, 1) == ["You already have an account"]
    await tokens_of(mailbox, "confirm", "new@example.com")


async def test_an_unverified_address_and_its_username_stay_free(server: httpx.AsyncClient, mailbox: Mailbox) -> None:
    assert (await sign_up(server)).status_code == 202
    # One after the other: two mails may arrive in any order.
    (thief,) = await tokens_of(mailbox, "confirm", _EMAIL)
    assert (await sign_up(server, password="staple of the new house")).status_code == 202
    _, owner = await tokens_of(mailbox, "confirm", _EMAIL, 2)
    assert (await confirm(server, owner)).status_code == 204
    # The other sign-up of the mailbox is gone with it.
    problem(await confirm(server, thief), 410, "link_expired")
    login = {"login": "vera", "password": PASSWORD}
    problem(await server.post(f"{API}/accounts/sign-in", json=login), 401, "unauthenticated")


async def test_a_username_that_is_taken_is_refused_at_once_or_when_the_link_is_followed(
    server: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    assert (await sign_up(server, email="second@example.com")).status_code == 202
    await verified(server, mailbox)
    problem(await sign_up(server, email="third@example.com", username="VERA"), 409, "conflict")
    (token,) = await tokens_of(mailbox, "confirm", "second@example.com")
    for _ in range(2):
        problem(await confirm(server, token), 409, "conflict")


async def test_of_two_that_follow_a_link_at_once_one_creates_the_account(
    server: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    assert (await sign_up(server)).status_code == 202
    (token,) = await tokens_of(mailbox, "confirm", _EMAIL)
    answers = await at_once(*[lambda: confirm(server, token)] * 5)
    assert sorted(answer.status_code for answer in answers) == [204] + [410] * 4


async def test_of_two_links_of_one_mailbox_that_are_followed_at_once_one_creates_an_account(
    server: httpx.AsyncClient, mailbox: Mailbox, container: Container, connection: Connection
) -> None:
    for username in ("vera", "vera2"):
        await sign_up(server, username=username)
    tokens = await tokens_of(mailbox, "confirm", _EMAIL, 2)
    async with connection.transaction():
        await connection.execute("LOCK TABLE account IN SHARE MODE")
        confirmed = [asyncio.create_task(confirm(server, token)) for token in tokens]
        await until_waiting(container, 2)
    assert sorted([(await each).status_code for each in confirmed]) == [204, 410]


async def test_a_mailbox_is_not_flooded(server: httpx.AsyncClient, mailbox: Mailbox, connection: Connection) -> None:
    async def sign_up_often(mails: int) -> None:
        mailbox.mails.clear()
        for number in range(mails + 2):
            assert (await sign_up(server, username=f"vera{number}")).status_code == 202
            await until_no_jobs(connection)
        assert len(mailbox.mails) == mails

    for _ in range(MAX_MAILS // MAX_MAILS_BY_NETWORK):
        await sign_up_often(MAX_MAILS_BY_NETWORK)
        # From now on the sign-ups come from another network.
        await connection.execute("UPDATE pending_sign_up SET network = concat('elsewhere', network, '.')")
    await sign_up_often(0)
    await connection.execute("UPDATE pending_sign_up SET expires_at = now()")
    await sign_up_often(MAX_MAILS_BY_NETWORK)


async def test_an_old_link_is_refused(server: httpx.AsyncClient, mailbox: Mailbox, connection: Connection) -> None:
    assert (await sign_up(server)).status_code == 202
    (token,) = await tokens_of(mailbox, "confirm", _EMAIL)
    await connection.execute("UPDATE pending_sign_up SET expires_at = now()")
    problem(await confirm(server, token), 410, "link_expired")


async def test_when_sign_up_is_closed_links_wait_and_no_more_are_sent(
    server: httpx.AsyncClient, mailbox: Mailbox, settings: Settings, container: Container, connection: Connection
) -> None:
    assert (await sign_up(server)).status_code == 202
    (token,) = await tokens_of(mailbox, "confirm", _EMAIL)
    opened = container.get(SignUps)
    closed = with_mode(settings, "closed").auth
    container.replace(SignUps, SignUps(closed, container.get(Modules), container))
    problem(await confirm(server, token), 403, "sign_up_closed")
    sign_up_id = await connection.fetchval("SELECT id FROM pending_sign_up")
    async with open_unit_of_work(container.get(Database)) as work:
        await container.get(Jobs).enqueue(work, SIGN_UP_MAIL, Begun(sign_up_id=sign_up_id))
    await until_no_jobs(connection)
    assert len(mailbox.mails) == 1
    container.replace(SignUps, opened)
    assert (await confirm(server, token)).status_code == 204


async def test_what_is_refused_is_refused_without_a_mail(
    server: httpx.AsyncClient, mailbox: Mailbox, connection: Connection
) -> None:
    wrong: list[dict[str, Any]] = [{"password": "password1"}, {"username": "admin"}, {"email": "vera"}]
    for more in wrong:
        problem(await sign_up(server, **more), 422, "validation_error")
    assert not await connection.fetchval("SELECT count(*) FROM pending_sign_up")
    assert mailbox.mails == []


async def test_a_server_admin_creates_accounts_at_once(
    server: httpx.AsyncClient, mailbox: Mailbox, connection: Connection
) -> None:
    vera = await verified(server, mailbox)
    other = body(email="oleg@example.com", username="oleg")
    assert (await vera.post("/accounts/sign-up", other)).status_code == 202
    await connection.execute("UPDATE account SET is_admin = true")
    created = await vera.post("/accounts/sign-up", other)
    assert (created.status_code, created.json()["username"]) == (201, "oleg")
    await FakeClient(server, username="oleg").sign_in()


async def test_without_a_module_for_mails_sign_up_is_closed(settings: Settings) -> None:
    async with served(build_app(without(with_mode(settings, "verified"), "recovery", "security_mails"))) as http:
        problem(await sign_up(http), 403, "sign_up_closed")
