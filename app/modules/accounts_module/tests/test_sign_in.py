"""Signing in and out."""

import asyncio

import httpx
import pytest

from app.adapters.db.connection import Connection
from app.modules.accounts_module.tests.signing_in import sign_in
from app.utils.container import Container
from tests.fakers import API, PASSWORD, FakeClient, ok, problem
from tests.waiting import until_waiting


async def test_a_user_signs_in_by_username_or_email_in_any_case(server: httpx.AsyncClient, anna: FakeClient) -> None:
    email = f"{anna.username}@example.com"
    for login in (anna.username, anna.username.upper(), email, email.upper()):
        tokens = ok(await sign_in(server, login))
        assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in", "device_token"}
        assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 900)
        signed_in = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert ok(await server.get(f"{API}/accounts/me", headers=signed_in))["id"] == anna.id


@pytest.mark.parametrize("space", [" ", "  ", "\t", "\n", "\u00a0", "\u3000"])
async def test_spaces_around_a_login_do_not_matter(server: httpx.AsyncClient, anna: FakeClient, space: str) -> None:
    for login in (anna.username, f"{anna.username}@example.com"):
        for typed in (login + space, space + login, space + login + space):
            ok(await sign_in(server, typed))
            form = {"username": typed, "password": PASSWORD}
            ok(await server.post(f"{API}/accounts/token", data=form))
    # A space belongs to the password.
    problem(await sign_in(server, anna.username, PASSWORD + space), 401, "unauthenticated")


async def test_a_username_copied_from_a_mail_signs_in(server: httpx.AsyncClient) -> None:
    """There a zero-width space follows each dot, so that no mail program makes a link of a name."""
    user = await FakeClient.sign_up(server, name="anna.k.p")
    ok(await sign_in(server, user.username.replace(".", ".\u200b")))


async def test_an_unknown_account_and_a_wrong_password_get_the_same_answer(
    server: httpx.AsyncClient, anna: FakeClient
) -> None:
    answers = [
        await sign_in(server, anna.username, "wrong password"),
        await sign_in(server, f"{anna.username}@example.com", "wrong password"),
        await sign_in(server, "unknown"),
        await sign_in(server, "unknown@example.com"),
        await sign_in(server, anna.username, ""),
    ]
    bodies = [problem(answer, 401, "unauthenticated") for answer in answers]
    for body in bodies:
        del body["request_id"]
    assert all(body == bodies[0] for body in bodies)
    assert all(answer.headers["www-authenticate"] == "Bearer" for answer in answers)


async def test_invalid_sign_in_requests_are_refused(server: httpx.AsyncClient, anna: FakeClient) -> None:
    for login, password in (
        (5, PASSWORD),
        ("", PASSWORD),
        (" \t", PASSWORD),
        ("x\x00", PASSWORD),
        (anna.username, None),
    ):
        problem(await sign_in(server, login, password), 422, "validation_error")
    more = {"login": anna.username, "password": PASSWORD, "otp": "1"}
    problem(await server.post(f"{API}/accounts/sign-in", json=more), 422, "validation_error")


async def test_the_oauth2_form_signs_in(server: httpx.AsyncClient, anna: FakeClient) -> None:
    address = f"{API}/accounts/token"
    tokens = ok(await server.post(address, data={"username": anna.username, "password": PASSWORD}))
    assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in", "device_token"}
    wrong = {"grant_type": "password", "username": anna.username, "password": "wrong password"}
    problem(await server.post(address, data=wrong), 401, "unauthenticated")
    problem(await server.post(address, data={"username": anna.username}), 422, "validation_error")


async def test_the_oauth2_form_refuses_what_the_json_body_refuses(server: httpx.AsyncClient) -> None:
    address = f"{API}/accounts/token"
    for field, value in (("username", "an\x00na"), ("username", "x" * 255), ("password", "x" * 257)):
        form = {"username": "anna", "password": PASSWORD, field: value}
        refused = problem(await server.post(address, data=form), 422, "validation_error")
        assert [error["loc"] for error in refused["errors"]] == [["body", field]]


async def test_sign_out_ends_only_this_session(anna: FakeClient) -> None:
    phone = await anna.another_device().sign_in()
    assert (await phone.post("/accounts/sign-out")).status_code == 204
    problem(await phone.get("/accounts/me"), 401, "unauthenticated")
    problem(await phone.post("/accounts/sign-out"), 401, "unauthenticated")
    problem(await phone.post("/accounts/refresh", {"refresh_token": phone.refresh_token}), 401, "unauthenticated")
    ok(await anna.get("/accounts/me"))


async def test_sign_out_of_a_session_without_a_row_succeeds(connection: Connection, anna: FakeClient) -> None:
    """Another tab may have signed out at the same time, and a restored backup has no newer sessions."""
    await connection.execute("DELETE FROM auth_session")
    assert (await anna.post("/accounts/sign-out")).status_code == 204
    problem(await anna.get("/accounts/me"), 401, "unauthenticated")


@pytest.mark.parametrize("is_token_form", [False, True])
async def test_a_password_changed_after_its_check_opens_no_session(
    container: Container, connection: Connection, server: httpx.AsyncClient, anna: FakeClient, *, is_token_form: bool
) -> None:
    """Hashing takes time. A reset ends all sessions meanwhile, and none may be opened by the old password after it."""
    new_hash = "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$bm90IGFueSBwYXNzd29yZA"
    async with connection.transaction():
        await connection.execute("SELECT FROM stream WHERE id = $1 FOR UPDATE", anna.uuid)
        if is_token_form:
            form = {"username": anna.username, "password": PASSWORD}
            signing_in = asyncio.create_task(server.post(f"{API}/accounts/token", data=form))
        else:
            signing_in = asyncio.create_task(sign_in(server, anna.username))

        await until_waiting(container, 1)
        await connection.execute("UPDATE account SET password_hash = $2 WHERE id = $1", anna.uuid, new_hash)
        await connection.execute("UPDATE auth_session SET revoked_at = now() WHERE account_id = $1", anna.uuid)
    problem(await signing_in, 401, "unauthenticated")
    live = "SELECT count(*) FROM auth_session WHERE account_id = $1 AND revoked_at IS NULL"
    assert await connection.fetchval(live, anna.uuid) == 0
