"""A second factor is set up and removed by a user who has just signed in."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.fastapi_engine.constructor import build_app
from app.modules.accounts_module.tests.erasing import erase
from app.modules.second_factor_module.settings import SecondFactorSettings
from app.modules.second_factor_module.tests.authenticator import begin, code_now, finish, set_up, ticket_of
from app.settings import Settings
from app.settings.auth_settings import AuthSettings
from app.utils.container import Container
from tests.fakers import PASSWORD, FakeClient, ok, problem
from tests.manage import manage
from tests.servers import served, without

_CHANGES = ("/accounts/me/totp", "/accounts/me/totp/recovery-codes", "/accounts/me/totp/disable")


async def security_events(user: FakeClient) -> list[tuple[str, str]]:
    items = ok(await user.get("/accounts/me/events"))["items"]
    return [(event["kind"], event["data"]["factor"]) for event in items if event["kind"].startswith("security.factor")]


async def test_a_factor_counts_from_its_confirmation_on(anna: FakeClient) -> None:
    assert ok(await anna.get("/accounts/me"))["totp_enabled"] is False
    first = ok(await anna.post("/accounts/me/totp"))
    second = ok(await anna.post("/accounts/me/totp"))
    assert first["secret"] != second["secret"]
    assert f"secret={second['secret']}" in second["otpauth_url"]
    assert f":{anna.username}?" in second["otpauth_url"]
    await anna.another_device().sign_in()
    old = {"code": code_now(first["secret"])}
    problem(await anna.post("/accounts/me/totp/confirm", old), 403, "forbidden")
    confirmed = ok(await anna.post("/accounts/me/totp/confirm", {"code": code_now(second["secret"])}))
    assert len(confirmed["recovery_codes"]) == 10
    me = ok(await anna.get("/accounts/me"))
    assert (me["totp_enabled"], me["recovery_codes_left"]) == (True, 10)
    await ticket_of(anna)
    assert await security_events(anna) == [("security.factor_added", "totp")]


async def test_there_is_one_authenticator_at_a_time(anna: FakeClient) -> None:
    secret, _ = await set_up(anna)
    problem(await anna.post("/accounts/me/totp"), 409, "conflict")
    problem(await anna.post("/accounts/me/totp/confirm", {"code": code_now(secret)}), 409, "conflict")


async def test_nothing_is_confirmed_that_was_not_set_up(anna: FakeClient) -> None:
    problem(await anna.post("/accounts/me/totp/confirm", {"code": "123456"}), 409, "conflict")
    problem(await anna.post("/accounts/me/totp/recovery-codes"), 409, "conflict")
    assert (await anna.post("/accounts/me/totp/disable")).status_code == 204
    assert await security_events(anna) == []


async def test_a_removed_factor_is_asked_for_no_more(anna: FakeClient) -> None:
    _, codes = await set_up(anna)
    ticket = await ticket_of(anna)
    assert (await anna.post("/accounts/me/totp/disable")).status_code == 204
    problem(await finish(anna, ticket, codes[0]), 401, "unauthenticated")
    await anna.sign_in()
    me = ok(await anna.get("/accounts/me"))
    assert (me["totp_enabled"], me["recovery_codes_left"]) == (False, 0)
    assert await security_events(anna) == [("security.factor_added", "totp"), ("security.factor_removed", "totp")]


async def test_new_recovery_codes_replace_the_old_ones(anna: FakeClient) -> None:
    _, old = await set_up(anna)
    new = ok(await anna.post("/accounts/me/totp/recovery-codes"))["recovery_codes"]
    assert not set(new) & set(old)
    ticket = await ticket_of(anna)
    problem(await finish(anna, ticket, old[0]), 401, "wrong_code")
    ok(await finish(anna, ticket, new[0]))


async def test_changes_need_a_sign_in_within_the_last_ten_minutes(anna: FakeClient, connection: Connection) -> None:
    await connection.execute("UPDATE auth_session SET created_at = now() - $1::interval", timedelta(minutes=11))
    renewed = ok(await anna.post("/accounts/refresh", {"refresh_token": anna.refresh_token}))
    anna.headers["Authorization"] = f"Bearer {renewed['access_token']}"
    for path in _CHANGES:
        problem(await anna.post(path), 401, "reauthentication_required")
    problem(await anna.post("/accounts/me/totp/confirm", {"code": "123456"}), 401, "reauthentication_required")
    # The token is valid for everything else.
    ok(await anna.get("/accounts/me"))
    await anna.sign_in()
    ok(await anna.post("/accounts/me/totp"))


async def test_the_secret_is_stored_encrypted_and_the_codes_as_hashes(anna: FakeClient, connection: Connection) -> None:
    secret, codes = await set_up(anna)
    sealed = await connection.fetchval("SELECT secret FROM totp_factor")
    assert secret.encode() not in sealed
    hashes = b"".join(row["code_hash"] for row in await connection.fetch("SELECT code_hash FROM recovery_code"))
    assert not any(code.replace("-", "").encode() in hashes for code in codes)


async def test_with_another_signing_secret_only_recovery_codes_work(anna: FakeClient, settings: Settings) -> None:
    secret, codes = await set_up(anna)
    other = AuthSettings(argon2_time_cost=1, argon2_memory_cost=8, argon2_parallelism=1, secret="x" * 32)
    async with served(build_app(replace(settings, auth=other))) as http:
        there = FakeClient(http, id=anna.id, username=anna.username)
        ticket = await ticket_of(there)
        problem(await finish(there, ticket, code_now(secret)), 401, "wrong_code")
        ok(await finish(there, ticket, codes[0]))


async def test_an_operator_removes_a_lost_factor(anna: FakeClient, database_address: DatabaseAddress) -> None:
    await set_up(anna)
    result = await manage(database_address, "second-factor", "remove", anna.username.upper())
    assert (result.exit_code, "the password only" in result.output) == (0, True), result.output
    await anna.sign_in()
    result = await manage(database_address, "second-factor", "remove", anna.username)
    assert (result.exit_code, "has no second factor" in result.output) == (0, True), result.output


async def test_a_server_can_require_a_factor_of_its_admins(settings: Settings, connection: Connection) -> None:
    strict = SecondFactorSettings(required_for_admins=True)
    async with served(build_app(replace(settings, own={**settings.own, SecondFactorSettings: strict}))) as http:
        admin, user = await FakeClient.sign_up(http, "admin_of_it"), await FakeClient.sign_up(http, "user")
        await connection.execute("UPDATE account SET is_admin = true WHERE id = $1", admin.uuid)
        added: dict[str, Any] = {"key": "XX", "value_en": "Here", "value_ru": "Здесь"}
        path = "/catalogues/countries/items"
        problem(await admin.post(path, added), 403, "second_factor_missing")
        problem(await user.post(path, added), 403, "forbidden")
        ok(await admin.get("/chats"))
        await set_up(admin)
        assert (await admin.post(path, added)).status_code == 201


async def test_an_admin_who_creates_accounts_learns_that_the_factor_is_missing(
    anna: FakeClient, boris: FakeClient, settings: Settings, connection: Connection
) -> None:
    await connection.execute("UPDATE account SET is_admin = true WHERE id = $1", anna.uuid)
    closed = settings.auth.model_copy(update={"sign_up": "closed"})
    strict = SecondFactorSettings(required_for_admins=True)
    settings = replace(settings, auth=closed, own={**settings.own, SecondFactorSettings: strict})
    vera = {"email": "vera@example.com", "username": "vera", "password": PASSWORD}
    async with served(build_app(settings)) as http:
        admin, user = [await FakeClient(http, id=each.id, username=each.username).sign_in() for each in (anna, boris)]
        problem(await admin.post("/accounts/sign-up", vera), 403, "second_factor_missing")
        problem(await user.post("/accounts/sign-up", vera), 403, "sign_up_closed")
        await set_up(admin)
        assert ok(await admin.post("/accounts/sign-up", vera))["username"] == "vera"


def test_the_document_names_the_missing_factor_in_each_call_of_admins(base_settings: Settings) -> None:
    paths = build_app(base_settings).openapi()["paths"]
    refused = {
        operation["operationId"]
        for path in paths.values()
        for operation in path.values()
        if "second_factor_missing" in operation["responses"].get("403", {}).get("description", "")
    }
    assert refused == {"accounts_sign_up", "catalogues_add", "catalogues_change", "catalogues_delete"}


@pytest.mark.usefixtures("erasing_at_once")
async def test_an_erased_account_leaves_no_factor(
    anna: FakeClient, connection: Connection, container: Container
) -> None:
    await set_up(anna)
    problem(await finish(anna, await ticket_of(anna), "000000"), 401, "wrong_code")
    await erase(container, connection, anna)
    for table in ("totp_factor", "recovery_code", "wrong_codes"):
        assert not await connection.fetchval(f"SELECT count(*) FROM {table}"), table  # noqa: S608


async def test_others_do_not_see_the_factor(anna: FakeClient, boris: FakeClient) -> None:
    await set_up(anna)
    shown = [ok(await boris.get(f"/accounts/{anna.id}")), *ok(await boris.get("/accounts", query="anna"))["items"]]
    assert len(shown) == 2
    assert not any({"totp_enabled", "recovery_codes_left"} & one.keys() for one in shown)


async def test_without_the_module_nothing_of_it_is_there(
    server: httpx.AsyncClient, anna: FakeClient, settings: Settings
) -> None:
    await set_up(anna)
    assert (await begin(anna))["methods"] == ["totp", "recovery_code"]
    async with served(build_app(without(settings, "second_factor"))) as http:
        there = await FakeClient(http, id=anna.id, username=anna.username).sign_in()
        problem(await there.post("/accounts/me/totp"), 404, "not_found")
        document = orjson.dumps((await http.get("/openapi.json")).json()).decode()
    for word in ("totp", "second_factor", "second-factor", "recovery_codes"):
        assert word not in document, word
