"""Reserved usernames, and usernames that are held after their owner gave them up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx
import pytest

from app.adapters.db.connection import Connection
from app.fastapi_engine.constructor import build_app
from app.modules.accounts_module.services.usernames import check_reserved
from app.services.errors import ValidationFailed
from app.settings import Settings
from tests.busy import at_once
from tests.fakers import API, PASSWORD, FakeClient, ok, problem
from tests.servers import served


@pytest.mark.parametrize(
    "username", ["admin", "ADMIN", "ad.min", "_admin_", "4dm1n", "sys_tem", "r00t", "support", "everyone", "he1p"]
)
async def test_a_username_that_looks_official_is_reserved(
    server: httpx.AsyncClient, anna: FakeClient, username: str
) -> None:
    body = {"email": "x@example.com", "password": PASSWORD, "username": username}
    for answer in (
        await server.post(f"{API}/accounts/sign-up", json=body),
        await anna.patch("/accounts/me", {"username": username}),
    ):
        (error,) = problem(answer, 422, "validation_error")["errors"]
        assert (error["loc"], error["type"]) == (["body", "username"], "username_is_reserved")


def test_usernames_that_only_contain_a_reserved_one_are_free() -> None:
    for username in ("administry", "admin7", "rooter", "supporter", "anna.admin", "helper", "adminka"):
        check_reserved(username)
    with pytest.raises(ValidationFailed):
        check_reserved("a.d.m.i.n")


async def test_a_server_reserves_further_usernames(settings: Settings) -> None:
    auth = settings.auth.model_copy(update={"reserved_usernames": ("Acme", "acme.shop")})
    async with served(build_app(replace(settings, auth=auth))) as http:
        anna = await FakeClient.sign_up(http, "anna")
        for username in ("acme", "AC_ME", "4cme", "acmeshop"):
            body = {"email": "x@example.com", "password": PASSWORD, "username": username}
            problem(await anna.http.post(f"{API}/accounts/sign-up", json=body), 422, "validation_error")
            problem(await anna.patch("/accounts/me", {"username": username}), 422, "validation_error")
        ok(await anna.patch("/accounts/me", {"username": "acmes"}))


async def test_an_account_keeps_a_reserved_username_that_it_already_has(anna: FakeClient, sql: Connection) -> None:
    await sql.execute("UPDATE account SET username = 'admin' WHERE id = $1", anna.uuid)
    assert ok(await anna.patch("/accounts/me", {"username": "Admin", "bio": "Это я"}))["username"] == "admin"


async def test_a_username_that_was_given_up_is_held_for_its_owner(
    server: httpx.AsyncClient, anna: FakeClient, boris: FakeClient, sql: Connection
) -> None:
    old = anna.username
    ok(await anna.patch("/accounts/me", {"username": "anna.second"}))
    body = {"email": "x@example.com", "password": PASSWORD, "username": old}
    for answer in (
        await boris.patch("/accounts/me", {"username": old}),
        await server.post(f"{API}/accounts/sign-up", json=body),
    ):
        assert problem(answer, 409, "conflict")["title"] == "This username is taken"
    assert ok(await anna.patch("/accounts/me", {"username": old}))["username"] == old
    # Now the other username is held. It is free after the hold expires.
    problem(await boris.patch("/accounts/me", {"username": "anna.second"}), 409, "conflict")
    assert [row["username"] for row in await sql.fetch("SELECT * FROM username_hold")] == ["anna.second"]
    await sql.execute("UPDATE username_hold SET held_until = $1", datetime.now(UTC) - timedelta(seconds=1))
    ok(await boris.patch("/accounts/me", {"username": "anna.second"}))
    assert await sql.fetchval("SELECT count(*) FROM username_hold WHERE account_id = $1", anna.uuid) == 0


async def test_a_username_cannot_be_taken_while_its_owner_gives_it_up(anna: FakeClient, boris: FakeClient) -> None:
    for number in range(5):
        old = ok(await anna.get("/accounts/me"))["username"]
        _, taken = await at_once(
            partial(anna.patch, "/accounts/me", {"username": f"anna.next{number}"}),
            partial(boris.patch, "/accounts/me", {"username": old}),
        )
        problem(taken, 409, "conflict")


async def test_an_account_holds_at_most_three_usernames(anna: FakeClient, boris: FakeClient) -> None:
    for number in range(5):
        ok(await anna.patch("/accounts/me", {"username": f"squat{number}"}))
    ok(await boris.patch("/accounts/me", {"username": "squat0"}))
    for held in ("squat1", "squat2", "squat3"):
        problem(await boris.patch("/accounts/me", {"username": held}), 409, "conflict")
