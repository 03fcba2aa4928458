"""The queue of passwords: what a check costs, and how many checks at once are shared out."""

import asyncio
import socket
import struct
from collections.abc import Callable
from threading import Event
from typing import TypeVar
from uuid import uuid4

import httpx
import pytest
from argon2 import Parameters, extract_parameters
from fastapi import FastAPI

from app.adapters.db.database import Database
from app.modules.accounts_module.services import passwords as passwords_module
from app.modules.accounts_module.services.failed_sign_ins import FailedSignIns
from app.modules.accounts_module.services.passwords import Passwords
from app.services.rate_limits import RateLimits
from app.settings import Settings
from app.settings.auth_settings import AuthSettings
from app.settings.limits_settings import LimitsSettings
from app.utils.container import Container
from app.utils.remote_client import ClientLeft, RemoteClient, serve_client
from tests.fakers import API, PASSWORD, FakeClient, eventually, ok, problem
from tests.servers import client_of, http_client

T = TypeVar("T")


class WatchedPasswords(Passwords):
    """Records the source of each call, and the parameters of hashes to compare with. Computes while `gate` is set."""

    def __init__(self, settings: AuthSettings) -> None:
        super().__init__(settings)
        self.computed: list[Parameters] = []
        self.sources: list[str] = []
        self.gate = Event()
        self.gate.set()

    async def _compute(self, source: str, function: Callable[..., T], *arguments: str) -> T:
        self.computed += map(extract_parameters, arguments[1:])
        self.sources.append(source)

        def compute(*arguments: str) -> T:
            self.gate.wait(60)
            return function(*arguments)

        return await super()._compute(source, compute, *arguments)


@pytest.fixture
def passwords(server: httpx.AsyncClient, app: FastAPI, settings: Settings) -> WatchedPasswords:
    return watch_passwords(app, settings)


def watch_passwords(app: FastAPI, settings: Settings) -> WatchedPasswords:
    """Replaces the Passwords of the running application."""
    container: Container = app.state.container
    watched = WatchedPasswords(settings.auth)
    container.replace(Passwords, watched)
    return watched


async def test_an_unknown_login_costs_the_same_hash_as_a_wrong_password(
    server: httpx.AsyncClient, anna: FakeClient, passwords: WatchedPasswords
) -> None:
    costs = []
    for login in (anna.username, f"{anna.username}@example.com", "unknown", "unknown@example.com"):
        wrong = {"login": login, "password": "wrong password"}
        problem(await server.post(f"{API}/accounts/sign-in", json=wrong), 401, "unauthenticated")
        costs.append(passwords.computed.copy())
        passwords.computed.clear()
    assert len(costs[0]) == 1
    assert costs == [costs[0]] * len(costs)


async def test_messages_are_sent_while_sign_ins_wait(
    server: httpx.AsyncClient, anna: FakeClient, club: str, passwords: WatchedPasswords
) -> None:
    passwords.gate.clear()
    body = {"login": anna.username, "password": PASSWORD}
    sign_ins = [asyncio.create_task(sign_in_with_retries(server, body)) for _ in range(50)]
    await eventually(lambda: all_wait(passwords, 50), 60)
    for number in range(1, 21):
        assert (await anna.send(club))["seq"] == number
    assert not any(sign_in.done() for sign_in in sign_ins)
    passwords.gate.set()
    for answer in await asyncio.gather(*sign_ins):
        ok(answer)


async def test_no_database_connection_is_held_while_the_passwords_of_sign_ups_wait(
    server: httpx.AsyncClient, anna: FakeClient, passwords: WatchedPasswords, settings: Settings
) -> None:
    passwords.gate.clear()
    count = settings.db.session_pool_size
    bodies = [{"email": f"x{n}@example.com", "password": PASSWORD, "username": f"guest{n}"} for n in range(count)]
    sign_ups = [asyncio.create_task(anna.post("/accounts/sign-up", body)) for body in bodies]
    await eventually(lambda: all_wait(passwords, count), 60)
    ok(await anna.get("/accounts/sessions"))
    passwords.gate.set()
    for answer in await asyncio.gather(*sign_ups):
        ok(answer)


@pytest.mark.parametrize("how", ["reset", "closed", "half-closed"])
async def test_no_password_is_computed_for_clients_that_disconnected_while_waiting(
    live_server: str, anna: FakeClient, passwords: WatchedPasswords, settings: Settings, how: str
) -> None:
    """A client that has closed only its sending half may still read. It gets a 503 with Retry-After."""
    host, port = live_server.split(":")
    body = f'{{"login": "{anna.username}", "password": "{PASSWORD}"}}'
    head = f"POST {API}/accounts/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json"
    passwords.gate.clear()
    clients = [socket.create_connection((host, int(port))) for _ in range(20)]
    for client in clients:
        client.sendall(f"{head}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    await eventually(lambda: all_wait(passwords, 20), 60)
    for client in clients:
        if how == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if how == "half-closed":
            client.shutdown(socket.SHUT_WR)
        else:
            client.close()
    async with http_client(f"http://{live_server}") as http:
        ok(await http.get("/healthcheck/live"))
    passwords.gate.set()
    await anna.another_device().sign_in()
    sessions = ok(await anna.get("/accounts/sessions"))["items"]
    # The session of sign-up, that of the other device, and those of clients whose passwords were already being
    # computed.
    computed = settings.auth.argon2_concurrency
    assert 2 <= len(sessions) <= 2 + computed
    if how == "half-closed":
        answers = [await asyncio.to_thread(receive, client) for client in clients]
        signed_in = sum(b" 200 OK" in answer for answer in answers)
        assert signed_in <= computed
        refused = sum(b" 503 " in answer and b'"overloaded"' in answer for answer in answers)
        assert refused == len(clients) - signed_in


async def test_no_password_is_checked_for_a_client_that_left_while_another_sign_in_of_its_account_was_checked(
    container: Container,
) -> None:
    limits = RateLimits(LimitsSettings(), {"sign_in": "3/hour"})
    failed_sign_ins = FailedSignIns(container.get(Database), limits)
    account_id, client = uuid4(), RemoteClient()

    async def sign_in() -> None:
        serve_client(client)
        async with failed_sign_ins.turn(account_id):
            pytest.fail("the client has left")

    async with failed_sign_ins.turn(account_id):
        waiting = asyncio.create_task(sign_in())
        await asyncio.sleep(0)
        client.has_left = True
    with pytest.raises(ClientLeft):
        await waiting


def receive(client: socket.socket) -> bytes:
    with client, client.makefile("rb") as stream:
        return stream.read()


async def test_the_last_of_too_many_concurrent_sign_ins_get_retry_after(
    server: httpx.AsyncClient, anna: FakeClient, app: FastAPI, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert passwords_module.MAX_WAITING == 500
    monkeypatch.setattr(passwords_module, "MAX_WAITING", 3)
    passwords = watch_passwords(app, settings)
    passwords.gate.clear()
    most = settings.auth.argon2_concurrency + 3
    body = {"login": anna.username, "password": "wrong password"}
    sign_ins = [asyncio.create_task(server.post(f"{API}/accounts/sign-in", json=body)) for _ in range(most + 5)]
    await eventually(lambda: all_wait(passwords, most + 5), 60)
    answers = asyncio.as_completed(sign_ins)
    for _ in range(5):
        refused = await next(answers)
        problem(refused, 503, "unavailable")
        assert refused.headers["retry-after"] == "5"
    passwords.gate.set()
    for answer in answers:
        problem(await answer, 401, "unauthenticated")
    await anna.another_device().sign_in()


async def test_a_password_check_that_waits_too_long_gets_retry_after(
    server: httpx.AsyncClient, anna: FakeClient, app: FastAPI, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords_module, "LONGEST_WAIT", 0.05)
    passwords = watch_passwords(app, settings)
    passwords.gate.clear()
    body = {"login": anna.username, "password": PASSWORD}
    places = settings.auth.argon2_concurrency
    sign_ins = [asyncio.create_task(server.post(f"{API}/accounts/sign-in", json=body)) for _ in range(places)]
    await eventually(lambda: all_wait(passwords, places), 60)
    problem(await server.post(f"{API}/accounts/sign-in", json=body), 503, "unavailable")
    passwords.gate.set()
    for answer in await asyncio.gather(*sign_ins):
        ok(answer)
    ok(await server.post(f"{API}/accounts/sign-in", json=body))


async def test_known_devices_and_networks_wait_in_queues_of_their_own(
    server: httpx.AsyncClient, anna: FakeClient, app: FastAPI, passwords: WatchedPasswords
) -> None:
    async with client_of(app, "203.0.113.7") as elsewhere:
        for http in (server, elsewhere):
            for login in ("unknown", "unknown.too"):
                wrong = {"login": login, "password": "wrong password"}
                problem(await http.post(f"{API}/accounts/sign-in", json=wrong), 401, "unauthenticated")
        at_home = {"login": anna.username, "password": PASSWORD}
        device_token = ok(await server.post(f"{API}/accounts/sign-in", json=at_home))["device_token"]
        wrong = {"login": anna.username, "password": "wrong password"}
        problem(await elsewhere.post(f"{API}/accounts/sign-in", json=wrong), 401, "unauthenticated")
        ok(await elsewhere.post(f"{API}/accounts/sign-in", json={**at_home, "device_token": device_token}))
    assert passwords.sources[:4] == ["127.0.0.1", "127.0.0.1", "203.0.113.7", "203.0.113.7"]
    known_network, stranger, known_device = passwords.sources[4:]
    assert stranger == "203.0.113.7"
    assert len({known_network, known_device, "127.0.0.1", "203.0.113.7"}) == 4


async def sign_in_with_retries(server: httpx.AsyncClient, body: dict[str, str]) -> httpx.Response:
    """Signs in, and retries while the server answers 503."""
    while (answer := await server.post(f"{API}/accounts/sign-in", json=body)).status_code == 503:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    return answer


async def all_wait(passwords: WatchedPasswords, count: int) -> bool:
    return len(passwords.sources) >= count
