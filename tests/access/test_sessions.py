"""A session that ends, ends everywhere: its sockets and its tokens, in every process."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from tests.fakers import API, PASSWORD, FakeClient, FakeSocket, eventually, ok, problem
from tests.servers import client_of_port

server = client_of_port


async def end_by_signing_out(anna: FakeClient, phone: FakeClient) -> None:
    ok(await phone.post("/accounts/sign-out"))


async def end_by_another_device(anna: FakeClient, phone: FakeClient) -> None:
    sessions = ok(await anna.get("/accounts/sessions"))["items"]
    (lost,) = [session["id"] for session in sessions if not session["current"]]
    ok(await anna.delete(f"/accounts/sessions/{lost}"))


async def end_by_a_new_password(anna: FakeClient, phone: FakeClient) -> None:
    new = "staple of the new house"
    ok(await anna.post("/accounts/me/password", {"current_password": PASSWORD, "new_password": new}))


async def end_by_a_stolen_token(anna: FakeClient, phone: FakeClient) -> None:
    stolen = {"refresh_token": phone.refresh_token}
    successor = ok(await phone.post("/accounts/refresh", stolen))
    ok(await phone.post("/accounts/refresh", {"refresh_token": successor["refresh_token"]}))
    problem(await phone.post("/accounts/refresh", stolen), 401, "unauthenticated")


@pytest.mark.parametrize(
    "end", [end_by_signing_out, end_by_another_device, end_by_a_new_password, end_by_a_stolen_token]
)
async def test_a_session_ends_in_every_process(
    anna: FakeClient, live_server: str, other_server: str, end: Callable[[FakeClient, FakeClient], Awaitable[None]]
) -> None:
    phone = await anna.another_device().sign_in()
    async with (
        FakeSocket(phone, live_server) as here,
        FakeSocket(phone, other_server) as there,
        FakeSocket(anna, other_server) as kept,
    ):
        await end(anna, phone)
        for socket in (here, there):
            await socket.until(lambda socket=socket: socket.close_code is not None, 60)  # type: ignore[misc]
            assert socket.close_code == 4401
        await kept.ask("ping")
        assert kept.close_code is None
    for address in (live_server, other_server):
        async with httpx.AsyncClient(base_url=f"http://{address}", headers=phone.headers, timeout=60) as http:
            await eventually(lambda http=http: is_refused(http), 60)  # type: ignore[misc]
            body = {"refresh_token": phone.refresh_token}
            problem(await http.post(f"{API}/accounts/refresh", json=body), 401, "unauthenticated")
        assert await FakeSocket(phone, address).refused() == 4401
    ok(await anna.get("/accounts/me"))
    ok(await anna.post("/accounts/refresh", {"refresh_token": anna.refresh_token}))


async def is_refused(http: httpx.AsyncClient) -> bool:
    return (await http.get(f"{API}/accounts/me")).status_code == 401
