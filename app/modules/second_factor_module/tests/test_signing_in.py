"""Each door that takes a password demands the second factor, and no code works twice."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.fastapi_engine.constructor import build_app
from app.modules.accounts_module.services.authenticator import Authenticator
from app.modules.accounts_module.services.second_factors import stamp_of
from app.modules.accounts_module.services.tokens import DeviceClaim, TicketClaim
from app.modules.second_factor_module.tests.authenticator import begin, code_now, finish, set_up, ticket_of
from app.settings import Settings
from app.utils.container import Container
from tests.busy import when_not_busy
from tests.fakers import API, PASSWORD, FakeClient, ok, problem
from tests.manage import manage
from tests.rates import limited
from tests.servers import served


async def wrong_codes(connection: Connection) -> int:
    return int(await connection.fetchval("SELECT coalesce(sum(count), 0) FROM wrong_codes"))


async def test_the_password_gives_a_ticket_and_the_ticket_with_a_code_a_session(anna: FakeClient) -> None:
    secret, _ = await set_up(anna)
    answer = await begin(anna)
    assert (answer["status"], answer["methods"]) == (401, ["totp", "recovery_code"])
    signed_in = ok(await finish(anna, answer["ticket"], code_now(secret)))
    assert signed_in.keys() == {"access_token", "refresh_token", "token_type", "expires_in", "device_token"}
    headers = {"Authorization": f"Bearer {signed_in['access_token']}"}
    assert ok(await anna.http.get(f"{API}/accounts/me", headers=headers))["id"] == anna.id


async def test_the_password_grant_demands_the_factor_too(anna: FakeClient) -> None:
    secret, _ = await set_up(anna)
    form = {"username": anna.username, "password": PASSWORD}
    answer = problem(await anna.http.post(f"{API}/accounts/token", data=form), 401, "second_factor_required")
    ok(await finish(anna, answer["ticket"], code_now(secret)))


async def test_a_wrong_password_says_nothing_about_the_factor(anna: FakeClient, boris: FakeClient) -> None:
    await set_up(anna)
    answers = [
        problem(
            await user.http.post(f"{API}/accounts/sign-in", json={"login": user.username, "password": "wrong"}),
            401,
            "unauthenticated",
        )
        for user in (anna, boris)
    ]
    for answer in answers:
        del answer["request_id"]
    assert answers[0] == answers[1]


async def test_a_code_works_once(anna: FakeClient) -> None:
    secret, _ = await set_up(anna)
    first, second = await ticket_of(anna), await ticket_of(anna)
    code = code_now(secret)
    ok(await finish(anna, first, code))
    for ticket in (first, second):
        problem(await finish(anna, ticket, code), 401, "wrong_code")
    # The ticket is still valid.
    ok(await finish(anna, second, code_now(secret, 1)))


async def test_a_recovery_code_that_is_used_fifty_times_at_once_works_once(anna: FakeClient) -> None:
    _, codes = await set_up(anna)
    ticket = await ticket_of(anna)
    answers = await asyncio.gather(*(when_not_busy(lambda: finish(anna, ticket, codes[0].upper())) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 49
    assert ok(await anna.get("/accounts/me"))["recovery_codes_left"] == 9


async def test_a_code_of_the_app_that_is_used_at_once_works_once(anna: FakeClient) -> None:
    secret, _ = await set_up(anna)
    tickets = [await ticket_of(anna) for _ in range(5)]
    code = code_now(secret)

    async def use(ticket: str) -> httpx.Response:
        return await when_not_busy(lambda: finish(anna, ticket, code))

    answers = await asyncio.gather(*(use(ticket) for ticket in tickets for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 19


async def test_after_a_hundred_wrong_codes_only_a_recovery_code_helps(anna: FakeClient, connection: Connection) -> None:
    secret, codes = await set_up(anna)
    ticket = await ticket_of(anna)
    # The day may end during the test.
    today = datetime.now(UTC).date()
    add = "INSERT INTO wrong_codes (account_id, day, count) VALUES ($1, $2, $3)"
    await connection.execute(add, anna.uuid, today - timedelta(days=29), 95)
    await connection.execute(add, anna.uuid, today - timedelta(days=31), 50)
    answers = await asyncio.gather(*(when_not_busy(lambda: finish(anna, ticket, "no code")) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 15
    refused = await finish(anna, ticket, code_now(secret))
    problem(refused, 429, "rate_limited")
    assert 0 < int(refused.headers["retry-after"]) <= 2 * 86_400
    ok(await finish(anna, ticket, codes[3]))
    # A month after the first wrong codes there are attempts again.
    await connection.execute("UPDATE wrong_codes SET day = day - 31 WHERE day < $1", today)
    ok(await finish(anna, ticket, code_now(secret)))


async def test_the_right_code_does_not_end_the_count(anna: FakeClient, connection: Connection) -> None:
    secret, _ = await set_up(anna)
    ticket = await ticket_of(anna)
    problem(await finish(anna, ticket, "000000"), 401, "wrong_code")
    ok(await finish(anna, ticket, code_now(secret)))
    assert await wrong_codes(connection) == 1


async def test_a_ticket_is_no_other_token_and_no_other_token_is_a_ticket(
    anna: FakeClient, connection: Connection, container: Container
) -> None:
    _, codes = await set_up(anna)
    ticket = await ticket_of(anna)
    headers = {"Authorization": f"Bearer {ticket}"}
    problem(await anna.http.get(f"{API}/accounts/me", headers=headers), 401, "unauthenticated")
    problem(await anna.post("/accounts/refresh", {"refresh_token": ticket}), 401, "unauthenticated")
    tokens = await container.get(Authenticator).tokens()
    stamp = stamp_of(await connection.fetchval("SELECT password_hash FROM account WHERE id = $1", anna.uuid))
    claim = TicketClaim(DeviceClaim(anna.uuid, anna.uuid), stamp)
    old = tokens.make_ticket(claim, datetime.now(UTC) - timedelta(minutes=10, seconds=1))
    for other in ("", "x", f"{ticket}x", anna.access_token, anna.refresh_token, old):
        problem(await finish(anna, other, codes[0]), 401, "unauthenticated")
    ok(await finish(anna, tokens.make_ticket(claim, datetime.now(UTC)), codes[0]))
    assert await wrong_codes(connection) == 0


async def test_a_ticket_ends_with_the_password(anna: FakeClient, database_address: DatabaseAddress) -> None:
    _, codes = await set_up(anna)
    tickets = [await ticket_of(anna)]
    new, newer = "staple of the new house", "staple of the newer house"
    change = {"current_password": PASSWORD, "new_password": new}
    assert (await anna.post("/accounts/me/password", change)).status_code == 204
    problem(await finish(anna, tickets[0], codes[0]), 401, "unauthenticated")
    tickets.append(await ticket_of(anna, new))
    # A new password, however it is set, does not remove the factor.
    result = await manage(database_address, "account", "reset-password", anna.username, f"--password={newer}")
    assert result.exit_code == 0, result.output
    for ticket in tickets:
        problem(await finish(anna, ticket, codes[0]), 401, "unauthenticated")
    ok(await finish(anna, await ticket_of(anna, newer), codes[0]))


async def test_a_ticket_of_another_account_is_not_helped_by_ones_own_code(anna: FakeClient, boris: FakeClient) -> None:
    await set_up(anna)
    secret, codes = await set_up(boris)
    ticket = await ticket_of(anna)
    for code in (code_now(secret), codes[0]):
        problem(await finish(boris, ticket, code), 401, "wrong_code")


async def test_the_device_of_the_password_is_known_afterwards(anna: FakeClient, container: Container) -> None:
    secret, codes = await set_up(anna)
    device_token = ok(await finish(anna, await ticket_of(anna), code_now(secret)))["device_token"]
    login = {"login": anna.username, "password": PASSWORD, "device_token": device_token}
    answer = problem(await anna.http.post(f"{API}/accounts/sign-in", json=login), 401, "second_factor_required")
    again = ok(await finish(anna, answer["ticket"], codes[0]))["device_token"]
    tokens = await container.get(Authenticator).tokens()
    assert tokens.find_device(again) == tokens.find_device(device_token) is not None


async def test_strangers_in_the_network_do_not_use_up_the_codes_of_a_device(
    settings: Settings, anna: FakeClient
) -> None:
    secret, _ = await set_up(anna)
    async with served(build_app(limited(settings))) as http:
        guest = FakeClient(http)
        answers = [(await finish(guest, "x", "000000")).status_code for _ in range(61)]
        assert answers == [401] * 60 + [429]
        ok(await finish(guest, await ticket_of(anna), code_now(secret)))


async def test_codes_are_limited_per_device(settings: Settings, anna: FakeClient) -> None:
    secret, _ = await set_up(anna)
    ticket = await ticket_of(anna)
    async with served(build_app(limited(settings))) as http:
        guest = FakeClient(http)
        answers = [(await finish(guest, ticket, "no code")).status_code for _ in range(61)]
        assert answers == [401] * 60 + [429]
        ok(await finish(guest, await ticket_of(anna), code_now(secret)))


@pytest.mark.parametrize("code", ["", "0" * 65, None, 123456])
async def test_what_is_no_code_is_refused(server: httpx.AsyncClient, code: object) -> None:
    body = {"ticket": "x", "code": code}
    problem(await server.post(f"{API}/accounts/second-factor", json=body), 422, "validation_error")
