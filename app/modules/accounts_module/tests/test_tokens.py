"""Access tokens: which strings open the door."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from time import time
from typing import Any

import asyncpg
import jwt
import orjson
import pytest

from app.adapters.db.address import DatabaseAddress
from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.fakers import API, FakeClient, eventually, problem
from tests.fixtures import served


@pytest.fixture
async def secret(anna: FakeClient, database_address: DatabaseAddress) -> str:
    """What this server signs with."""
    connection = await asyncpg.connect(**database_address.connect_arguments())
    try:
        return str(await connection.fetchval("SELECT secret FROM signing_key"))
    finally:
        await connection.close()


async def _is_let_in(person: FakeClient, token: str, scheme: str = "Bearer") -> bool:
    response = await person.http.get(f"{API}/accounts/me", headers={"Authorization": f"{scheme} {token}"})
    if response.status_code != 200:
        problem(response, 401, "unauthenticated")
        assert response.headers["www-authenticate"] == "Bearer"
    return response.status_code == 200


def _part(value: Any) -> str:
    return urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


async def test_a_token_opens_as_it_was_given_and_in_no_other_form(anna: FakeClient) -> None:
    header, claims, signature = anna.access_token.split(".")
    content = jwt.decode(anna.access_token, options={"verify_signature": False})
    other_claims = _part(content | {"sub": "0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11"})
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    assert await _is_let_in(anna, anna.access_token)
    assert await _is_let_in(anna, anna.access_token, "bearer")
    for wrong in (
        f"{header}.{claims}.{flipped}",
        f"{header}.{other_claims}.{signature}",
        f"{header}.{claims}.",
        f"{header}.{claims}",
        f"{_part({'alg': 'none', 'typ': 'access+jwt'})}.{claims}.",
        f"{_part({'alg': 'none', 'typ': 'access+jwt'})}.{claims}.{signature}",
        f"{_part({'alg': 'HS512', 'typ': 'access+jwt'})}.{claims}.{signature}",
        f"{anna.access_token}x",
        anna.refresh_token,
        "null",
        "",
    ):
        assert not await _is_let_in(anna, wrong), wrong
    assert not await _is_let_in(anna, anna.access_token, "Basic")
    assert not await _is_let_in(anna, anna.access_token, "Token")


async def test_a_signature_alone_is_not_enough(anna: FakeClient, secret: str) -> None:
    good = jwt.decode(anna.access_token, options={"verify_signature": False})
    past = datetime.now(UTC) - timedelta(seconds=1)

    def sign(claims: dict[str, Any], kind: str = "access+jwt", key: str = secret, algorithm: str = "HS256") -> str:
        return jwt.encode(claims, key, algorithm=algorithm, headers={"typ": kind})

    assert await _is_let_in(anna, sign(good))
    for wrong in (
        sign(good | {"exp": past}),
        sign(good | {"aud": "another"}),
        sign(good | {"aud": None}),
        sign(good, kind="JWT"),
        sign(good, kind="refresh+jwt"),
        sign(good, key="another secret of thirty-two bytes"),
        sign(good, algorithm="HS384", key=secret),
        sign(good | {"sub": "anna"}),
        sign(good | {"sid": "7"}),
        *(sign({name: value for name, value in good.items() if name != left_out}) for left_out in good),
    ):
        assert not await _is_let_in(anna, wrong), jwt.decode(wrong, options={"verify_signature": False})


async def test_another_process_knows_the_tokens_of_this_one_and_hears_of_their_end(
    anna: FakeClient, settings: Settings
) -> None:
    phone = await anna.another_device().sign_in()
    async with served(build_app(settings)) as http:
        assert await _is_let_in(FakeClient(http), phone.access_token)
        assert (await phone.post("/accounts/sign-out")).status_code == 204

        async def is_over() -> bool:
            return not await _is_let_in(FakeClient(http), phone.access_token)

        await eventually(is_over)
        assert await _is_let_in(FakeClient(http), anna.access_token)


async def test_a_token_that_was_good_runs_out(anna: FakeClient, secret: str) -> None:
    good = jwt.decode(anna.access_token, options={"verify_signature": False})
    brief = jwt.encode(good | {"exp": int(time()) + 2}, secret, headers={"typ": "access+jwt"})
    assert await _is_let_in(anna, brief)

    async def has_run_out() -> bool:
        return not await _is_let_in(anna, brief)

    await eventually(has_run_out)
    assert await _is_let_in(anna, anna.access_token)
