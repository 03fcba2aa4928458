"""The limit on guessing passwords, and that strangers who guess do not lock the owner out."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.fastapi_engine.constructor import build_app
from app.modules.accounts_module.services.authenticator import Authenticator
from app.modules.accounts_module.services.tokens import DeviceClaim
from app.modules.accounts_module.tests.signing_in import refresh, sign_in
from app.settings import Settings
from tests.busy import at_once
from tests.fakers import API, PASSWORD, FakeClient, ok, problem
from tests.manage import manage
from tests.rates import limited
from tests.servers import client_of, served

HOUR = 3600


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """An application that allows three wrong passwords before an attempt has to wait."""
    return build_app(limited(settings, sign_in="3/hour", sign_in_address="1000/hour"))


@pytest.fixture
async def other_network(server: httpx.AsyncClient, app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client in a network that no account has signed in from."""
    async with client_of(app, "203.0.113.7") as http:
        yield http


async def guess(http: httpx.AsyncClient, *logins: str, **more: str) -> None:
    for login in logins:
        problem(await sign_in(http, login, "wrong", **more), 401, "unauthenticated")


async def is_refused(http: httpx.AsyncClient, login: str, password: str = PASSWORD, **more: str) -> int:
    """Asserts that a sign-in is rate limited. Returns the seconds to wait."""
    answer = await sign_in(http, login, password, **more)
    problem(answer, 429, "rate_limited")
    return int(answer.headers["retry-after"])


async def test_after_three_wrong_passwords_the_next_attempt_has_to_wait(
    other_network: httpx.AsyncClient, anna: FakeClient
) -> None:
    await guess(other_network, *[anna.username] * 3)
    for password in ("wrong", PASSWORD):
        assert HOUR - 60 < await is_refused(other_network, anna.username, password) <= HOUR


async def test_wrong_passwords_for_the_username_and_the_email_count_together(
    other_network: httpx.AsyncClient, anna: FakeClient
) -> None:
    email = f"{anna.username}@example.com"
    await guess(other_network, anna.username.upper(), f" {email}", email.replace("example", "EXAMPLE"))
    for login in (anna.username, email, email.upper(), anna.username.replace("a", "ａ")):
        await is_refused(other_network, login)
    form = {"username": anna.username, "password": PASSWORD}
    problem(await other_network.post(f"{API}/accounts/token", data=form), 429, "rate_limited")


async def test_an_unknown_login_is_treated_like_any_other(other_network: httpx.AsyncClient) -> None:
    for logins in (
        ["unknown", "UNKNOWN", " unknown "],
        ["unknown@example.com", "UNKNOWN@EXAMPLE.COM", "unknown@example.com"],
    ):
        await guess(other_network, *logins)
        assert HOUR - 60 < await is_refused(other_network, logins[0]) <= HOUR


async def test_the_right_password_ends_the_count(other_network: httpx.AsyncClient, anna: FakeClient) -> None:
    for _ in range(3):
        await guess(other_network, *[anna.username] * 2)
        ok(await sign_in(other_network, anna.username))


async def test_the_wait_doubles_up_to_a_day(
    other_network: httpx.AsyncClient, anna: FakeClient, connection: Connection
) -> None:
    await guess(other_network, *[anna.username] * 3)
    for hours in (1, 2, 4, 8, 16, 24, 24):
        assert hours * HOUR - 60 < await is_refused(other_network, anna.username) <= hours * HOUR
        await connection.execute("UPDATE sign_in_failures SET failed_at = now() - $1::interval", timedelta(hours=hours))
        await guess(other_network, anna.username)


async def test_strangers_are_locked_out_after_a_hundred_consecutive_wrong_passwords(
    other_network: httpx.AsyncClient, server: httpx.AsyncClient, anna: FakeClient, connection: Connection
) -> None:
    await guess(other_network, anna.username)
    await connection.execute("UPDATE sign_in_failures SET failures = 100, failed_at = now() - interval '1 year'")
    # Waiting does not help: a client is not asked to try again and again.
    assert await is_refused(other_network, anna.username) == 24 * HOUR
    # The owner signs in from a known network.
    ok(await sign_in(server, anna.username))
    ok(await sign_in(other_network, anna.username))


async def test_wrong_passwords_count_for_longer_than_the_longest_wait_and_those_of_strangers_until_the_right_one(
    other_network: httpx.AsyncClient, server: httpx.AsyncClient, anna: FakeClient, connection: Connection
) -> None:
    await guess(other_network, anna.username, "unknown")
    await guess(server, anna.username)
    statement = "SELECT id = $1, forget_at - failed_at > interval '1 day' FROM sign_in_failures ORDER BY 1"
    failures = [tuple(row) for row in await connection.fetch(statement, anna.uuid)]
    assert failures == [(False, True), (False, True), (True, None)]


async def test_an_operator_unlocks_the_account_by_resetting_the_password(
    other_network: httpx.AsyncClient, anna: FakeClient, database_address: DatabaseAddress
) -> None:
    await guess(other_network, *[anna.username] * 3)
    new = "staple of the new house"
    result = await manage(database_address, "account", "reset-password", anna.username, f"--password={new}")
    assert result.exit_code == 0, result.output
    ok(await sign_in(other_network, anna.username, new))


async def test_a_clock_that_was_set_back_does_not_make_the_wait_longer(
    other_network: httpx.AsyncClient, anna: FakeClient, connection: Connection
) -> None:
    await guess(other_network, *[anna.username] * 3)
    await connection.execute("UPDATE sign_in_failures SET failed_at = now() + interval '6 hours'")
    ok(await sign_in(other_network, anna.username))


async def test_strangers_do_not_lock_the_owner_out_in_a_known_network(
    other_network: httpx.AsyncClient, server: httpx.AsyncClient, anna: FakeClient
) -> None:
    ok(await anna.post("/accounts/sign-out"))
    await guess(other_network, *[anna.username] * 3)
    await is_refused(other_network, anna.username)
    # A known network has free attempts of its own, and no more than these.
    await guess(server, *[anna.username] * 3)
    await is_refused(server, anna.username)


async def test_strangers_do_not_lock_a_known_device_out_in_any_network(
    other_network: httpx.AsyncClient, app: FastAPI, server: httpx.AsyncClient, anna: FakeClient
) -> None:
    device_token = ok(await sign_in(server, anna.username))["device_token"]
    # In a known network, too.
    for http in (other_network, server):
        await guess(http, *[anna.username] * 3)
        await is_refused(http, anna.username)
    async with client_of(app, "198.51.100.1") as on_the_road:
        await is_refused(on_the_road, anna.username)
        renewed = ok(await sign_in(on_the_road, anna.username, device_token=device_token))["device_token"]
    form = {"username": anna.username, "password": PASSWORD, "device_token": renewed}
    ok(await other_network.post(f"{API}/accounts/token", data=form))


async def test_a_known_device_has_the_same_limit(
    other_network: httpx.AsyncClient, server: httpx.AsyncClient, anna: FakeClient
) -> None:
    device_token = ok(await sign_in(server, anna.username))["device_token"]
    await guess(other_network, *[anna.username] * 3, device_token=device_token)
    await is_refused(server, anna.username, device_token=device_token)
    ok(await sign_in(other_network, anna.username))


async def test_wrong_passwords_on_a_known_device_or_network_do_not_count_after_a_new_password(
    other_network: httpx.AsyncClient, server: httpx.AsyncClient, anna: FakeClient, database_address: DatabaseAddress
) -> None:
    """The owner has forgotten the password, has tried some, and has got a new one."""
    device_token = ok(await sign_in(server, anna.username))["device_token"]
    await guess(server, *[anna.username] * 3)
    await guess(other_network, *[anna.username] * 3, device_token=device_token)
    new = "staple of the new house"
    result = await manage(database_address, "account", "reset-password", anna.username, f"--password={new}")
    assert result.exit_code == 0, result.output
    ok(await sign_in(other_network, anna.username, new, device_token=device_token))
    ok(await sign_in(server, anna.username, new))


async def test_a_client_without_a_valid_device_token_of_the_account_is_an_unknown_device(
    other_network: httpx.AsyncClient, app: FastAPI, anna: FakeClient, boris: FakeClient
) -> None:
    theirs = ok(await sign_in(other_network, boris.username))["device_token"]
    tokens = await app.state.container.get(Authenticator).tokens()
    long_ago = datetime.now(UTC) - timedelta(days=366)
    expired = tokens.make_device(DeviceClaim(anna.uuid, uuid4()), long_ago)
    await guess(other_network, anna.username, device_token=theirs)
    await guess(other_network, anna.username, device_token=anna.access_token)
    await guess(other_network, anna.username, device_token=expired)
    for device_token in ("", "nonsense", "a.b.c", "токен", theirs, expired, anna.access_token, anna.refresh_token):
        await is_refused(other_network, anna.username, device_token=device_token)
    answer = await sign_in(other_network, anna.username, device_token="x" * 2049)
    problem(answer, 422, "validation_error")
    # A device token grants no access either.
    device = {"Authorization": f"Bearer {theirs}"}
    problem(await other_network.get(f"{API}/accounts/me", headers=device), 401, "unauthenticated")
    problem(await refresh(other_network, theirs), 401, "unauthenticated")


async def test_parallel_wrong_passwords_do_not_evade_the_limit(
    other_network: httpx.AsyncClient, anna: FakeClient
) -> None:
    answers = await at_once(*[lambda: sign_in(other_network, anna.username, "wrong")] * 20)
    assert sorted(answer.status_code for answer in answers) == [401] * 3 + [429] * 17


async def test_parallel_sign_ins_with_the_right_password_all_succeed(
    other_network: httpx.AsyncClient, anna: FakeClient
) -> None:
    for answer in await at_once(*[lambda: sign_in(other_network, anna.username)] * 20):
        ok(answer)


async def test_failures_are_shared_by_processes_and_survive_a_restart(
    other_network: httpx.AsyncClient, anna: FakeClient, settings: Settings
) -> None:
    await guess(other_network, *[anna.username] * 3)
    other = build_app(limited(settings, sign_in="3/hour"))
    async with served(other), client_of(other, "203.0.113.8") as http:
        await is_refused(http, anna.username)


async def test_password_changes_with_a_wrong_password_are_limited(server: httpx.AsyncClient, anna: FakeClient) -> None:
    change = {"current_password": "wrong", "new_password": "a wholly other password"}
    for _ in range(3):
        problem(await anna.post("/accounts/me/password", change), 403, "forbidden")
    problem(await anna.post("/accounts/me/password", change | {"current_password": PASSWORD}), 429, "rate_limited")
    ok(await sign_in(server, anna.username))


async def test_wrong_current_passwords_do_not_count_after_a_new_password(
    server: httpx.AsyncClient, anna: FakeClient, database_address: DatabaseAddress
) -> None:
    change = {"current_password": "wrong", "new_password": "a wholly other password"}
    for _ in range(3):
        problem(await anna.post("/accounts/me/password", change), 403, "forbidden")
    new = "staple of the new house"
    result = await manage(database_address, "account", "reset-password", anna.username, f"--password={new}")
    assert result.exit_code == 0, result.output
    await anna.sign_in(new)
    ok(await anna.post("/accounts/me/password", change | {"current_password": new}))
