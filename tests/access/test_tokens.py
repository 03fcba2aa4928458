"""Which tokens are accepted, over HTTP and over the socket, and for how long."""

import json
from collections.abc import Iterator
from contextlib import suppress
from time import time

import httpx
import jwt
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from app.adapters.db.connection import Connection
from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.access.forging import forgeries, wrongly_signed
from tests.fakers import API, FakeClient, FakeSocket, eventually, ok, problem
from tests.servers import client_of_port, served

LONGEST_IN_HELLO = 4096
LONGEST_IN_REFRESH = 2048
LARGEST_BODY = 16_384

server = client_of_port


@pytest.fixture
async def secret(anna: FakeClient, sql: Connection) -> str:
    """The secret of this server's signatures."""
    return str(await sql.fetchval("SELECT secret FROM signing_key"))


def bad_tokens(good: str, secret: str) -> Iterator[tuple[str, str]]:
    yield from forgeries(good, secret)
    yield from wrongly_signed(good, secret)


async def is_accepted(http: httpx.AsyncClient, token: str, scheme: str = "Bearer") -> bool:
    response = await http.get(f"{API}/accounts/me", headers={b"Authorization": f"{scheme} {token}".strip().encode()})
    if response.status_code != 200:
        problem(response, 401, "unauthenticated")
        assert response.headers["www-authenticate"] == "Bearer"
    return response.status_code == 200


async def close_code_after_hello(address: str, token: str) -> int | None:
    """Returns the close code of a socket whose hello has this token. If there is a reply, it must give the reason."""
    async with connect(f"ws://{address}{API}/ws") as connection:
        await connection.send(json.dumps({"id": 1, "action": "hello", "data": {"token": token}}))
        with suppress(ConnectionClosed):
            while reply := json.loads(await connection.recv()):
                assert reply["error"]["code"] == "unauthenticated", reply
        return connection.close_code


async def test_an_issued_token_is_accepted(server: httpx.AsyncClient, anna: FakeClient) -> None:
    assert await is_accepted(server, anna.access_token)
    assert await is_accepted(server, anna.access_token, "bearer")
    for scheme in ("Basic", "Token", "Bearer Bearer", ""):
        assert not await is_accepted(server, anna.access_token, scheme)
    for headers in ({}, {"Authorization": ""}, {"Authorization": "Bearer"}, {"Authorization": anna.access_token}):
        problem(await server.get(f"{API}/accounts/me", headers=headers), 401, "unauthenticated")


async def test_no_other_token_is_accepted(
    server: httpx.AsyncClient, anna: FakeClient, secret: str, live_server: str
) -> None:
    bad = [*bad_tokens(anna.access_token, secret), ("a refresh token", anna.refresh_token), ("nothing", "")]
    assert len(dict(bad)) == len(bad)
    for name, token in bad:
        assert not await is_accepted(server, token), name
        code = 4401 if len(token) <= LONGEST_IN_HELLO else 4400
        assert await close_code_after_hello(live_server, token) == code, name
    assert await is_accepted(server, anna.access_token)
    async with FakeSocket(anna, live_server) as socket:
        await socket.ask("ping")


async def test_no_other_token_refreshes_or_ends_a_session(
    server: httpx.AsyncClient, anna: FakeClient, secret: str
) -> None:
    for name, token in [*bad_tokens(anna.refresh_token, secret), ("an access token", anna.access_token)]:
        response = await server.post(f"{API}/accounts/refresh", json={"refresh_token": token})
        if len(token) <= LONGEST_IN_REFRESH:
            assert problem(response, 401, "unauthenticated"), name
        elif len(token) < LARGEST_BODY:
            problem(response, 422, "validation_error")
        else:
            problem(response, 413, "payload_too_large")
    assert await is_accepted(server, anna.access_token)
    ok(await server.post(f"{API}/accounts/refresh", json={"refresh_token": anna.refresh_token}))


async def test_a_token_belongs_to_one_account(anna: FakeClient, boris: FakeClient, live_server: str) -> None:
    for user in (anna, boris):
        assert ok(await user.get("/accounts/me"))["id"] == user.id
        socket = FakeSocket(user, live_server)
        assert (await socket.connect())["account_id"] == user.id
        await socket.cut()


async def test_another_process_accepts_the_tokens_of_this_one_until_they_are_revoked(
    anna: FakeClient, settings: Settings
) -> None:
    phone = await anna.another_device().sign_in()
    async with served(build_app(settings)) as http:
        assert await is_accepted(http, phone.access_token)
        assert (await phone.post("/accounts/sign-out")).status_code == 204

        async def is_over() -> bool:
            return not await is_accepted(http, phone.access_token)

        await eventually(is_over, 60)
        assert await is_accepted(http, anna.access_token)


async def test_a_token_expires(server: httpx.AsyncClient, anna: FakeClient, secret: str) -> None:
    good = jwt.decode(anna.access_token, options={"verify_signature": False})
    # On a slow machine, too, at least one of them is used in time.
    for seconds in (3, 10, 30):
        brief = jwt.encode(good | {"exp": int(time()) + seconds}, secret, headers={"typ": "access+jwt"})
        if await is_accepted(server, brief):
            break
    else:
        pytest.fail("it never was good")

    async def has_run_out() -> bool:
        return not await is_accepted(server, brief)

    await eventually(has_run_out, 60)
    assert await is_accepted(server, anna.access_token)
