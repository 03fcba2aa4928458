"""With AUTH_SIGN_UP=closed only server admins and the operator create accounts."""

from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI

from app.adapters.db.address import DatabaseAddress
from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.fakers import API, PASSWORD, FakeClient, ok, problem
from tests.manage import manage


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    return build_app(replace(settings, auth=settings.auth.model_copy(update={"sign_up": "closed"})))


@pytest.fixture
async def root(server: httpx.AsyncClient, database_address: DatabaseAddress) -> FakeClient:
    """A server admin."""
    result = await manage(
        database_address, "account", "create-admin", "--email=a@b.example", "--username=root", f"--password={PASSWORD}"
    )
    assert result.exit_code == 0, result.output
    return await FakeClient(server, username="root").sign_in()


def body(username: str) -> dict[str, str]:
    return {"email": f"{username}@example.com", "username": username, "password": PASSWORD}


async def test_no_client_signs_up(server: httpx.AsyncClient) -> None:
    problem(await server.post(f"{API}/accounts/sign-up", json=body("vera")), 403, "sign_up_closed")


async def test_a_server_admin_creates_accounts_and_their_owners_do_not(root: FakeClient) -> None:
    assert ok(await root.post("/accounts/sign-up", body("vera")))["username"] == "vera"
    vera = await FakeClient(root.http, username="vera").sign_in()
    problem(await vera.post("/accounts/sign-up", body("oleg")), 403, "sign_up_closed")
    problem(await root.post("/accounts/sign-up", body("vera")), 409, "conflict")


async def test_the_operator_creates_an_account_that_is_no_admin(
    server: httpx.AsyncClient, database_address: DatabaseAddress
) -> None:
    answers = f"Vera@example.com\nVera\n{PASSWORD}\n{PASSWORD}\n"
    result = await manage(database_address, "account", "create", typed=answers)
    assert (result.exit_code, "account vera created: " in result.output) == (0, True), result.output
    vera = await FakeClient(server, username="vera").sign_in()
    assert ok(await vera.get("/accounts/me"))["is_admin"] is False
    result = await manage(
        database_address, "account", "create", "--email=x@y.example", "--username=vera", f"--password={PASSWORD}"
    )
    assert result.exit_code == 1
