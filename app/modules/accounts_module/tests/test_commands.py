"""`manage.py account`: the operator's commands on accounts."""

import httpx
import pytest

from app.adapters.db.address import DatabaseAddress
from app.modules.accounts_module.errors import EmailTaken, UsernameTaken
from app.modules.accounts_module.tests.signing_in import sign_in
from tests.fakers import API, FakeClient, ok, problem
from tests.manage import manage

PASSWORD = "a staple of the house"


async def test_an_administrator_is_created_by_answering_prompts(
    server: httpx.AsyncClient, database_address: DatabaseAddress
) -> None:
    answers = f"Root@Example.com\nRoot_1\n{PASSWORD}\n{PASSWORD}\n"
    result = await manage(database_address, "account", "create-admin", typed=answers)
    assert result.exit_code == 0, result.output
    assert "administrator root_1 created" in result.output
    assert PASSWORD not in result.output
    tokens = (await sign_in(server, "root@example.com", PASSWORD)).raise_for_status().json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    me = (await server.get(f"{API}/accounts/me", headers=headers)).json()
    assert me["is_admin"] is True
    assert me["event_seq"] == 1


async def test_an_administrator_is_created_by_a_script(
    server: httpx.AsyncClient, database_address: DatabaseAddress
) -> None:
    result = await manage(
        database_address,
        "account",
        "create-admin",
        "--email=root@example.com",
        ACCOUNT_USERNAME="root",
        ACCOUNT_PASSWORD=PASSWORD,
    )
    assert result.exit_code == 0, result.output
    assert (await sign_in(server, "root", PASSWORD)).status_code == 200


async def test_the_password_is_prompted_for_again_if_its_confirmation_differs(
    database_address: DatabaseAddress,
) -> None:
    answers = f"root@example.com\nroot\n{PASSWORD}\nanother one\n{PASSWORD}\n{PASSWORD}\n"
    result = await manage(database_address, "account", "create-admin", typed=answers)
    assert result.exit_code == 0, result.output
    assert "do not match" in result.output


@pytest.mark.parametrize(("field", "value"), [("email", "unknown"), ("username", "a b"), ("password", "short")])
async def test_create_admin_refuses_what_sign_up_refuses(
    database_address: DatabaseAddress, field: str, value: str
) -> None:
    given = {"email": "root@example.com", "username": "root", "password": PASSWORD} | {field: value}
    options = [f"--{name}={text}" for name, text in given.items()]
    result = await manage(database_address, "account", "create-admin", *options)
    assert result.exit_code == 2
    assert f"{field}: " in result.output


async def test_a_taken_username_is_refused(anna: FakeClient, database_address: DatabaseAddress) -> None:
    options = [f"--username={anna.username}", "--email=root@example.com", f"--password={PASSWORD}"]
    result = await manage(database_address, "account", "create-admin", *options)
    assert isinstance(result.exception, UsernameTaken)


async def test_a_reset_password_ends_all_sessions(
    anna: FakeClient, server: httpx.AsyncClient, database_address: DatabaseAddress
) -> None:
    phone = await anna.another_device().sign_in()
    result = await manage(
        database_address, "account", "reset-password", anna.username.upper(), typed=f"{PASSWORD}\n{PASSWORD}\n"
    )
    assert result.exit_code == 0, result.output
    assert "2 sessions were ended" in result.output
    for device in (anna, phone):
        problem(
            await server.post(f"{API}/accounts/refresh", json={"refresh_token": device.refresh_token}),
            401,
            "unauthenticated",
        )
    ok(await (await anna.sign_in(PASSWORD)).get("/accounts/me"))


async def test_the_password_of_an_unknown_account_is_not_reset(database_address: DatabaseAddress) -> None:
    result = await manage(database_address, "account", "reset-password", "unknown", f"--password={PASSWORD}")
    assert result.exit_code == 1
    assert "Account not found" in str(result.exception)


async def test_an_account_gets_another_email(
    anna: FakeClient, boris: FakeClient, server: httpx.AsyncClient, database_address: DatabaseAddress
) -> None:
    result = await manage(database_address, "account", "change-email", anna.username, "Anna@New.example")
    assert result.exit_code == 0, result.output
    assert [event["kind"] for event in await anna.own_events()] == ["account.updated"]
    ok(await sign_in(server, "anna@new.example"))
    for email, code in (("nonsense", 2), (f"{boris.username}@EXAMPLE.com", 1)):
        result = await manage(database_address, "account", "change-email", anna.username, email)
        assert result.exit_code == code, result.output
        assert "Value error" not in result.output
    assert isinstance(result.exception, EmailTaken)
