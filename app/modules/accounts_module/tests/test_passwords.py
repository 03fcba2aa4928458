"""Which passwords are accepted, and in which Unicode forms."""

from unicodedata import normalize

import httpx
import pytest
from argon2 import PasswordHasher, extract_parameters
from fastapi import FastAPI

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.modules.accounts_module.services.passwords import Passwords
from app.modules.accounts_module.tests.signing_in import sign_in
from app.settings import Settings
from app.utils.container import Container
from tests.busy import at_once
from tests.fakers import API, PASSWORD, FakeClient, ok, problem
from tests.manage import manage
from tests.servers import ReusedServer

COMMON = ("password", "12345678", "Qwerty123", "iloveyou", "1q2w3e4r5t", "йцукенгш", "Пароль123", "TRUSTNO1")
OWN = ("vera.the.first", "VERA.the.first", "petrova.v", "Petrova.V@Example.com")


async def sign_up(server: httpx.AsyncClient, password: str) -> httpx.Response:
    body = {"email": "petrova.v@example.com", "username": "vera.the.first", "password": password}
    return await server.post(f"{API}/accounts/sign-up", json=body)


async def test_a_common_password_or_own_name_is_refused_at_sign_up(server: httpx.AsyncClient) -> None:
    for password in COMMON + OWN:
        body = problem(await sign_up(server, password), 422, "validation_error")
        (error,) = body["errors"]
        assert error["loc"] == ["body", "password"], password
        assert error["type"] == ("password_is_name" if password in OWN else "password_is_common"), password
        assert error["msg"] in body["detail"]
        assert password == "password" or password not in str(body)
    ok(await sign_up(server, PASSWORD))


async def test_a_common_password_or_own_name_is_refused_at_a_change(anna: FakeClient) -> None:
    for password in (*COMMON, anna.username, f"{anna.username}@example.com"):
        change = {"current_password": PASSWORD, "new_password": password}
        body = problem(await anna.post("/accounts/me/password", change), 422, "validation_error")
        assert [error["loc"] for error in body["errors"]] == [["body", "new_password"]], password
    await anna.another_device().sign_in()


async def test_a_common_password_is_refused_by_the_commands(
    anna: FakeClient, database_address: DatabaseAddress
) -> None:
    new = ("account", "create-admin", "--email=root@example.com", "--username=root.root")
    for arguments, password in (
        (new, "password1"),
        (new, "root.root"),
        (("account", "reset-password", anna.username), "password1"),
        (("account", "reset-password", anna.username), anna.username),
    ):
        result = await manage(database_address, *arguments, f"--password={password}")
        assert result.exit_code == 2, result.output
        assert "password: " in result.output
    await anna.another_device().sign_in()


async def test_an_existing_password_that_is_common_still_signs_in(
    anna: FakeClient, container: Container, sql: Connection
) -> None:
    hashed = await container.get(Passwords).hash("password")
    await sql.execute("UPDATE account SET password_hash = $2 WHERE id = $1", anna.uuid, hashed)
    await anna.sign_in("password")


async def test_a_hash_with_other_parameters_is_renewed_at_the_next_sign_in(
    anna: FakeClient, container: Container, settings: Settings, sql: Connection
) -> None:
    dearer = settings.auth.model_copy(update={"argon2_time_cost": 2})
    container.replace(Passwords, Passwords(dearer))
    costs = []
    for password in ("wrong password", PASSWORD, PASSWORD):
        await anna.another_device().post("/accounts/sign-in", {"login": anna.username, "password": password})
        hashed = await sql.fetchval("SELECT password_hash FROM account WHERE id = $1", anna.uuid)
        costs.append((extract_parameters(hashed).time_cost, hashed))
    assert [cost for cost, _ in costs] == [1, 2, 2]
    assert costs[1] == costs[2]
    await anna.another_device().sign_in()


async def test_devices_that_sign_in_while_the_hash_is_renewed_all_get_a_session(
    anna: FakeClient, app: FastAPI, settings: Settings
) -> None:
    container: Container = app.state.container
    container.replace(Passwords, Passwords(settings.auth.model_copy(update={"argon2_time_cost": 2})))
    body = {"login": anna.username, "password": PASSWORD}
    for answer in await at_once(*[lambda: anna.another_device().post("/accounts/sign-in", body)] * 4):
        ok(answer)


@pytest.mark.parametrize(
    "password",
    ["моя Ёлка и йод é", "пароль ① ½ ﬁn", "ｆｕｌｌ ｗｉｄｔｈ", "정원 비밀번호 한글", "a\u00a0b\u2003c d e f"],
)
async def test_a_password_is_the_same_in_every_unicode_form(server: httpx.AsyncClient, password: str) -> None:
    forms = {normalize(form, password) for form in ("NFC", "NFD", "NFKC", "NFKD")}
    for place, made in enumerate(forms):
        name = f"vera.{place}"
        body = {"email": f"{name}@example.com", "username": name, "password": made}
        ok(await server.post(f"{API}/accounts/sign-up", json=body))
        for typed in forms:
            ok(await sign_in(server, name, typed))
        problem(await sign_in(server, name, made + "x"), 401, "unauthenticated")


async def test_a_password_change_accepts_any_unicode_form(anna: FakeClient) -> None:
    first, second = "Ёлка и йод 1", "Ёлка и йод 2"
    for current, new in ((PASSWORD, first), (first, second)):
        change = {"current_password": normalize("NFD", current), "new_password": normalize("NFC", new)}
        assert (await anna.post("/accounts/me/password", change)).status_code == 204
    await anna.sign_in(normalize("NFD", second))


async def test_a_hash_of_a_password_that_was_not_normalized_still_matches_and_is_renewed(
    anna: FakeClient, settings: Settings, running_server: ReusedServer
) -> None:
    typed = normalize("NFD", "Ёлка и йод")
    auth = settings.auth
    hasher = PasswordHasher(auth.argon2_time_cost, auth.argon2_memory_cost, auth.argon2_parallelism)
    of_former_release = hasher.hash(typed)
    connection = running_server.connection
    await connection.execute("UPDATE account SET password_hash = $2 WHERE id = $1", anna.uuid, of_former_release)
    await anna.sign_in(typed)
    assert await connection.fetchval("SELECT password_hash FROM account WHERE id = $1", anna.uuid) != of_former_release
    for form in ("NFC", "NFD", "NFKC"):
        await anna.sign_in(normalize(form, typed))


async def test_the_length_of_a_password_is_that_of_its_normalized_form(server: httpx.AsyncClient) -> None:
    composed = normalize("NFD", "йёйёй")
    assert len(composed) == 10
    body = problem(await sign_up(server, composed), 422, "validation_error")
    assert [error["loc"] for error in body["errors"]] == [["body", "password"]]
    problem(await sign_up(server, "ｐａｓｓｗｏｒｄ"), 422, "validation_error")
