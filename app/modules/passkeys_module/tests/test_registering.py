"""A user who has just signed in adds passkeys and removes them."""

import asyncio
from datetime import timedelta
from secrets import token_bytes
from typing import Any

import httpx
import pytest

from app.adapters.db.connection import Connection
from app.commands.generated import openapi_text
from app.fastapi_engine.constructor import build_app
from app.modules.accounts_module.tests.erasing import erase
from app.modules.passkeys_module.services.passkeys import MAX_PASSKEYS
from app.modules.passkeys_module.tests.authenticator import (
    IS_SYNCED,
    MAY_SYNC,
    PRESENT,
    VERIFIED,
    Authenticator,
    decode,
    encode,
    options_of_sign_in,
    register,
)
from app.settings import Settings
from app.utils.container import Container
from tests.busy import when_not_busy
from tests.fakers import FakeClient, ok, problem
from tests.servers import served, without

_OPTIONS, _VERIFY, _LIST = "/accounts/me/passkeys/options", "/accounts/me/passkeys/verify", "/accounts/me/passkeys"


async def factors_of(user: FakeClient) -> list[str]:
    items = ok(await user.get("/accounts/me/events"))["items"]
    return [event["kind"] for event in items if event["kind"].startswith("security.factor")]


async def test_a_passkey_is_added_and_listed(anna: FakeClient, boris: FakeClient) -> None:
    options = ok(await anna.post(_OPTIONS))
    assert options["rp"]["id"] == "localhost"
    assert (options["user"]["name"], decode(options["user"]["id"])) == (anna.username, anna.uuid.bytes)
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    flags = PRESENT | VERIFIED | MAY_SYNC | IS_SYNCED
    added = ok(await anna.post(_VERIFY, {"credential": Authenticator(flags=flags).create(options), "name": "Телефон"}))
    assert (added["name"], added["last_used_at"], added["is_synced"]) == ("Телефон", None, True)
    assert ok(await anna.get(_LIST)) == {"items": [added], "next_cursor": None}
    assert ok(await boris.get(_LIST))["items"] == []
    assert await factors_of(anna) == ["security.factor_added"]
    assert len(ok(await anna.post(_OPTIONS))["excludeCredentials"]) == 1


async def test_a_passkey_is_removed_by_its_owner_only(anna: FakeClient, boris: FakeClient) -> None:
    authenticator, passkey_id = await register(anna)
    problem(await boris.delete(f"{_LIST}/{passkey_id}"), 404, "not_found")
    assert (await anna.delete(f"{_LIST}/{passkey_id}")).status_code == 204
    problem(await anna.delete(f"{_LIST}/{passkey_id}"), 404, "not_found")
    used = {"credential": authenticator.get(await options_of_sign_in(anna))}
    problem(await anna.post("/accounts/passkeys/sign-in", used), 401, "unauthenticated")
    assert await factors_of(anna) == ["security.factor_added", "security.factor_removed"]


async def test_changes_need_a_sign_in_within_the_last_ten_minutes(anna: FakeClient, connection: Connection) -> None:
    authenticator, passkey_id = await register(anna)
    options = ok(await anna.post(_OPTIONS))
    await connection.execute("UPDATE auth_session SET created_at = now() - $1::interval", timedelta(minutes=11))
    for refused in (
        await anna.post(_OPTIONS),
        await anna.post(_VERIFY, {"credential": authenticator.create(options)}),
        await anna.delete(f"{_LIST}/{passkey_id}"),
    ):
        problem(refused, 401, "reauthentication_required")
    assert len(ok(await anna.get(_LIST))["items"]) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:8789"},
        {"rp_id": "evil.example"},
        {"flags": PRESENT},
        {"flags": VERIFIED},
        {"kind": "webauthn.get"},
    ],
)
async def test_a_wrong_answer_is_refused(anna: FakeClient, fields: dict[str, Any]) -> None:
    credential = Authenticator(**fields).create(ok(await anna.post(_OPTIONS)))
    refused = problem(await anna.post(_VERIFY, {"credential": credential}), 422, "validation_error")
    assert refused["errors"][0]["loc"] == ["body", "credential"]
    assert ok(await anna.get(_LIST))["items"] == []


async def test_a_challenge_is_valid_once_for_five_minutes_and_for_its_account(
    anna: FakeClient, boris: FakeClient, connection: Connection
) -> None:
    options = ok(await anna.post(_OPTIONS))
    of_sign_in = options | {"challenge": (await options_of_sign_in(anna))["challenge"]}
    unknown = options | {"challenge": "A" * 43}
    for user, given in ((boris, options), (anna, of_sign_in), (anna, unknown)):
        credential = Authenticator().create(given)
        problem(await user.post(_VERIFY, {"credential": credential}), 422, "validation_error")
    ok(await anna.post(_VERIFY, {"credential": Authenticator().create(options)}))
    problem(await anna.post(_VERIFY, {"credential": Authenticator().create(options)}), 422, "validation_error")
    late = ok(await anna.post(_OPTIONS))
    await connection.execute("UPDATE passkey_challenge SET expires_at = now()")
    problem(await anna.post(_VERIFY, {"credential": Authenticator().create(late)}), 422, "validation_error")


async def test_a_credential_belongs_to_one_account(anna: FakeClient, boris: FakeClient) -> None:
    authenticator, _ = await register(anna)
    options = ok(await boris.post(_OPTIONS))
    problem(await boris.post(_VERIFY, {"credential": authenticator.create(options)}), 409, "conflict")


async def test_an_account_has_a_limited_number_of_passkeys(anna: FakeClient) -> None:
    options = [ok(await anna.post(_OPTIONS)) for _ in range(MAX_PASSKEYS + 3)]

    async def add(one: dict[str, Any]) -> httpx.Response:
        credential = Authenticator().create(one)
        return await when_not_busy(lambda: anna.post(_VERIFY, {"credential": credential}))

    answers = await asyncio.gather(*(add(one) for one in options))
    assert sorted(answer.status_code for answer in answers) == [201] * MAX_PASSKEYS + [409] * 3
    problem(await anna.post(_OPTIONS), 409, "conflict")


async def test_what_is_no_credential_is_refused(anna: FakeClient) -> None:
    good = Authenticator().create(ok(await anna.post(_OPTIONS)))
    wrong: list[Any] = [
        {},
        None,
        "x",
        good | {"response": {}},
        good | {"type": "password"},
        good | {"response": good["response"] | {"attestationObject": "____"}},
        good | {"response": good["response"] | {"attestationObject": ""}},
        good | {"response": good["response"] | {"clientDataJSON": "bnVsbA"}},
        good | {"response": good["response"] | {"clientDataJSON": "A"}},
        good | {"rawId": "b3RoZXI"},
    ]
    for credential in wrong:
        problem(await anna.post(_VERIFY, {"credential": credential}), 422, "validation_error")
    for name in ("", " ", "a\nb", "\u202e", "x" * 65):
        problem(await anna.post(_VERIFY, {"credential": good, "name": name}), 422, "validation_error")
    ok(await anna.post(_VERIFY, {"credential": good}))


async def test_the_id_of_a_passkey_has_at_most_1023_bytes(anna: FakeClient) -> None:
    await register(anna, credential_id=token_bytes(1_023))
    for length, shown in ((1_024, {}), (6_000, dict.fromkeys(("id", "rawId"), encode(token_bytes(32))))):
        long = Authenticator(credential_id=token_bytes(length)).create(ok(await anna.post(_OPTIONS)))
        problem(await anna.post(_VERIFY, {"credential": long | shown}), 422, "validation_error")
    assert len(ok(await anna.get(_LIST))["items"]) == 1


async def test_a_passkey_has_the_id_that_its_authenticator_has_signed(anna: FakeClient) -> None:
    credential = Authenticator().create(ok(await anna.post(_OPTIONS)))
    other = dict.fromkeys(("id", "rawId"), encode(token_bytes(32)))
    problem(await anna.post(_VERIFY, {"credential": credential | other}), 422, "validation_error")
    assert ok(await anna.get(_LIST))["items"] == []


@pytest.mark.usefixtures("erasing_at_once")
async def test_an_erased_account_leaves_no_passkey(
    anna: FakeClient, connection: Connection, container: Container
) -> None:
    authenticator, _ = await register(anna)
    ok(await anna.post(_OPTIONS))
    await erase(container, connection, anna)
    assert not await connection.fetchval("SELECT count(*) FROM passkey")
    assert not await connection.fetchval("SELECT count(*) FROM passkey_challenge")
    used = {"credential": authenticator.get(await options_of_sign_in(anna))}
    problem(await anna.post("/accounts/passkeys/sign-in", used), 401, "unauthenticated")


def test_without_the_module_nothing_of_it_is_in_the_documents(base_settings: Settings) -> None:
    document = openapi_text(without(base_settings, "passkeys"))
    for word in ("/passkeys", "PasskeyRead"):
        assert word not in document, word


async def test_old_challenges_are_deleted(anna: FakeClient, connection: Connection, settings: Settings) -> None:
    ok(await anna.post(_OPTIONS))
    await connection.execute("UPDATE passkey_challenge SET expires_at = now() - interval '1 minute'")
    await connection.execute("DELETE FROM job_schedule")
    async with served(build_app(settings)):
        async with asyncio.timeout(30):
            while await connection.fetchval("SELECT count(*) FROM passkey_challenge"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
