"""A passkey opens a session without a password, and replaces the second factor."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest

from app.adapters.db.connection import Connection
from app.fastapi_engine.constructor import build_app
from app.modules.accounts_module.services.authenticator import Authenticator as TokenReader
from app.modules.passkeys_module.settings import PasskeySettings
from app.modules.passkeys_module.tests.authenticator import (
    PRESENT,
    Authenticator,
    decode,
    encode,
    options_of_sign_in,
    register,
)
from app.modules.second_factor_module.tests.authenticator import begin, set_up
from app.settings import Settings
from app.utils.container import Container
from tests.busy import when_not_busy
from tests.fakers import API, FakeClient, ok, problem
from tests.servers import served

_SIGN_IN = "/accounts/passkeys/sign-in"


async def use(user: FakeClient, authenticator: Authenticator) -> httpx.Response:
    return await user.post(_SIGN_IN, {"credential": authenticator.get(await options_of_sign_in(user))})


async def test_a_passkey_opens_a_session(anna: FakeClient, anonymous: FakeClient) -> None:
    authenticator, _ = await register(anna)
    signed_in = ok(await use(anonymous, authenticator))
    assert signed_in.keys() == {"access_token", "refresh_token", "token_type", "expires_in", "device_token"}
    headers = {"Authorization": f"Bearer {signed_in['access_token']}"}
    assert ok(await anonymous.http.get(f"{API}/accounts/me", headers=headers))["id"] == anna.id
    (passkey,) = ok(await anna.get("/accounts/me/passkeys"))["items"]
    assert passkey["last_used_at"] is not None
    kinds = [event["kind"] for event in ok(await anna.get("/accounts/me/events"))["items"]]
    assert kinds == ["security.signed_in", "security.factor_added", "security.signed_in"]


async def test_a_passkey_replaces_the_second_factor(anna: FakeClient, anonymous: FakeClient) -> None:
    authenticator, _ = await register(anna)
    # Alone it demands nothing of a sign-in with the password.
    await anna.another_device().sign_in()
    await set_up(anna)
    assert sorted((await begin(anna))["methods"]) == ["passkey", "recovery_code", "totp"]
    ok(await use(anonymous, authenticator))


async def test_the_options_say_nothing_about_accounts(anna: FakeClient, anonymous: FakeClient) -> None:
    await register(anna)
    options = await options_of_sign_in(anonymous)
    assert (options["rpId"], options["userVerification"]) == ("localhost", "required")
    assert options.get("allowCredentials", []) == []
    assert len(decode(options["challenge"])) >= 32


async def test_a_challenge_that_is_used_many_times_at_once_works_once(anna: FakeClient, anonymous: FakeClient) -> None:
    authenticator, _ = await register(anna)
    credential = authenticator.get(await options_of_sign_in(anonymous))
    answers = await asyncio.gather(
        *(when_not_busy(lambda: anonymous.post(_SIGN_IN, {"credential": credential})) for _ in range(20))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 19


@pytest.mark.parametrize(
    "fields",
    [
        {"origin": "https://evil.example"},
        {"rp_id": "evil.example"},
        {"flags": PRESENT},
        {"kind": "webauthn.create"},
        {"count": -1},
        {"key": Authenticator().key},
        {"credential_id": b"unknown"},
    ],
)
async def test_a_wrong_answer_is_refused_and_says_nothing(
    anna: FakeClient, anonymous: FakeClient, fields: dict[str, Any]
) -> None:
    authenticator, _ = await register(anna, count=5)
    ok(await use(anonymous, authenticator))
    answer = problem(await use(anonymous, replace(authenticator, **fields)), 401, "unauthenticated")
    assert answer["title"] == "The passkey is not valid here"
    ok(await use(anonymous, replace(authenticator, count=10)))


async def test_challenges_of_others_and_old_ones_are_refused(
    anna: FakeClient, anonymous: FakeClient, connection: Connection
) -> None:
    authenticator, _ = await register(anna)
    of_registration = ok(await anna.post("/accounts/me/passkeys/options"))
    unknown = {"challenge": encode(bytes(64))}
    old = await options_of_sign_in(anonymous)
    await connection.execute("UPDATE passkey_challenge SET expires_at = now() WHERE account_id IS NULL")
    for options in (of_registration, unknown, old):
        credential = authenticator.get(options)
        problem(await anonymous.post(_SIGN_IN, {"credential": credential}), 401, "unauthenticated")


async def test_a_changed_answer_is_refused(anna: FakeClient, anonymous: FakeClient) -> None:
    authenticator, _ = await register(anna)
    for name in ("authenticatorData", "signature", "clientDataJSON"):
        good = authenticator.get(await options_of_sign_in(anonymous))
        for changed in ("", "AAAA", good["response"][name][:-4] + "AAAA"):
            credential = good | {"response": good["response"] | {name: changed}}
            answer = await anonymous.post(_SIGN_IN, {"credential": credential})
            problem(answer, 401, "unauthenticated")


async def test_the_device_is_known_afterwards(anna: FakeClient, anonymous: FakeClient, container: Container) -> None:
    authenticator, _ = await register(anna)
    first = ok(await use(anonymous, authenticator))["device_token"]
    body = {"credential": authenticator.get(await options_of_sign_in(anonymous)), "device_token": first}
    second = ok(await anonymous.post(_SIGN_IN, body))["device_token"]
    tokens = await container.get(TokenReader).tokens()
    assert tokens.find_device(second) == tokens.find_device(first) is not None


async def test_another_domain_and_further_origins_can_be_set(settings: Settings) -> None:
    own = PasskeySettings(rp_id="example.org", origins=("https://chat.example.org", "android:apk-key-hash:abc"))
    async with served(build_app(replace(settings, own={**settings.own, PasskeySettings: own}))) as http:
        anna = await FakeClient.sign_up(http, "anna")
        authenticator, _ = await register(anna, rp_id="example.org", origin="https://chat.example.org")
        authenticator.origin = "android:apk-key-hash:abc"
        ok(await use(anna, authenticator))
        authenticator.rp_id = "localhost"
        problem(await use(anna, authenticator), 401, "unauthenticated")


async def test_origins_may_be_written_in_capitals_and_with_the_default_port(settings: Settings) -> None:
    own = PasskeySettings(origins=("HTTPS://Chat.Example.org:443", "android:apk-key-hash:aBc"))
    app = settings.app.model_copy(update={"public_url": "https://Example.org:443/messenger"})
    async with served(build_app(replace(settings, app=app, own={**settings.own, PasskeySettings: own}))) as http:
        anna = await FakeClient.sign_up(http, "anna")
        authenticator, _ = await register(anna, rp_id="example.org", origin="https://example.org")
        for authenticator.origin in ("https://chat.example.org", "android:apk-key-hash:aBc"):
            ok(await use(anna, authenticator))
