"""The list of sessions, and ending them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from app.fastapi_engine.constructor import build_app
from app.modules.accounts_module.extension import Identity
from app.modules.accounts_module.services import authenticator
from app.modules.accounts_module.services.authenticator import Authenticator
from app.settings import Settings
from app.settings.sizes_settings import SizesSettings
from app.utils.container import Container
from tests.fakers import API, PASSWORD, FakeClient, ok, problem
from tests.servers import served


async def test_the_list_of_sessions_marks_the_current_one(anna: FakeClient, boris: FakeClient) -> None:
    phone = anna.another_device()
    phone.http.headers["User-Agent"] = "Phone/1.0"
    await phone.sign_in()
    sessions = ok(await phone.get("/accounts/sessions"))["items"]
    assert [session["current"] for session in sessions] == [True, False]
    assert sessions[0]["user_agent"] == "Phone/1.0"
    assert sessions[0]["address"]
    assert sessions[0]["expires_at"] > sessions[0]["created_at"]
    assert [session["current"] for session in ok(await anna.get("/accounts/sessions"))["items"]] == [False, True]
    assert len(ok(await boris.get("/accounts/sessions"))["items"]) == 1


async def test_pages_contain_every_session_once(anna: FakeClient) -> None:
    for _ in range(4):
        await anna.another_device().sign_in()
    everything = ok(await anna.get("/accounts/sessions"))
    assert everything["next_cursor"] is None
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = ok(await anna.get("/accounts/sessions", limit=2, **cursor))
        seen += [session["id"] for session in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == [session["id"] for session in everything["items"]]
    for wrong in ({"limit": "201"}, {"limit": "0"}, {"cursor": "x"}):
        problem(await anna.get("/accounts/sessions", **wrong), 422, "validation_error")


async def test_a_session_used_between_pages_is_not_missed(anna: FakeClient) -> None:
    devices = [anna, *[await anna.another_device().sign_in() for _ in range(3)]]
    everything = [session["id"] for session in ok(await anna.get("/accounts/sessions"))["items"]]
    page = ok(await anna.get("/accounts/sessions", limit=2))
    # Use the least recently used one.
    ok(await anna.post("/accounts/refresh", {"refresh_token": devices[0].refresh_token}))
    rest = ok(await anna.get("/accounts/sessions", limit=2, cursor=page["next_cursor"]))
    assert [session["id"] for session in page["items"] + rest["items"]] == everything


async def test_a_user_ends_the_session_of_a_lost_device(anna: FakeClient) -> None:
    phone = await anna.another_device().sign_in()
    (lost,) = [each["id"] for each in ok(await anna.get("/accounts/sessions"))["items"] if not each["current"]]
    assert (await anna.delete(f"/accounts/sessions/{lost}")).status_code == 204
    problem(await phone.get("/accounts/me"), 401, "unauthenticated")
    problem(await phone.post("/accounts/refresh", {"refresh_token": phone.refresh_token}), 401, "unauthenticated")
    problem(await anna.delete(f"/accounts/sessions/{lost}"), 404, "not_found")
    assert len(ok(await anna.get("/accounts/sessions"))["items"]) == 1


async def test_a_session_that_ends_while_its_request_arrives_changes_no_password(anna: FakeClient) -> None:
    phone = await anna.another_device().sign_in()
    (lost,) = [each["id"] for each in ok(await anna.get("/accounts/sessions"))["items"] if not each["current"]]

    async def body() -> AsyncIterator[bytes]:
        yield b'{"current_password": "%s", ' % PASSWORD.encode()
        assert (await anna.delete(f"/accounts/sessions/{lost}")).status_code == 204
        yield b'"new_password": "staple of the new house"}'

    headers = {**phone.headers, "Content-Type": "application/json"}
    problem(
        await phone.http.post(f"{API}/accounts/me/password", headers=headers, content=body()), 401, "unauthenticated"
    )
    ok(await anna.get("/accounts/me"))
    await anna.another_device().sign_in()


async def test_a_session_that_ends_while_a_body_arrives_makes_no_call(anna: FakeClient, club: str) -> None:
    for path, body in ((f"/chats/{club}/messages", b'{"text": "x"}'), ("/bots", b'{"username": "late_bot"}')):
        phone = await anna.another_device().sign_in()
        (lost,) = [each["id"] for each in ok(await anna.get("/accounts/sessions"))["items"] if not each["current"]]

        async def parts(lost: str = lost, body: bytes = body) -> AsyncIterator[bytes]:
            yield body[:5]
            assert (await anna.delete(f"/accounts/sessions/{lost}")).status_code == 204
            yield body[5:]

        headers = {**phone.headers, "Content-Type": "application/json"}
        problem(await phone.http.post(f"{API}{path}", headers=headers, content=parts()), 401, "unauthenticated")
    assert ok(await anna.get(f"/chats/{club}/messages"))["items"] == []
    assert ok(await anna.get("/bots"))["items"] == []


async def test_a_token_expires_with_a_lifetime_that_was_shortened_since(settings: Settings) -> None:
    """Ended sessions are remembered for the present lifetime only: their older tokens would be accepted again."""
    app = build_app(replace(settings, auth=settings.auth.model_copy(update={"access_ttl": 60})))
    async with served(app) as http:
        anna = await FakeClient.sign_up(http, "anna")
        (session,) = ok(await anna.get("/accounts/sessions"))["items"]
        tokens, now = await app.state.container.get(Authenticator).tokens(), datetime.now(UTC)
        for age, status in ((30, 200), (120, 401)):
            issued_at = now - timedelta(seconds=age)
            identity = Identity(anna.uuid, UUID(session["id"]))
            token = tokens.make_access(identity, issued_at, issued_at + timedelta(minutes=15))
            anna.headers["Authorization"] = f"Bearer {token}"
            assert (await anna.get("/accounts/me")).status_code == status


async def test_as_many_verified_tokens_are_in_memory_as_there_is_room_for(
    anna: FakeClient, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authenticator, "_MAX_CACHED", 2)
    devices = [anna, *[await anna.another_device().sign_in() for _ in range(2)]]
    for device in (*devices, anna):
        ok(await device.get("/accounts/me"))
    assert len(container.get(Authenticator)._verified) <= 2


async def test_a_session_of_another_account_cannot_be_ended(anna: FakeClient, boris: FakeClient) -> None:
    (session,) = ok(await anna.get("/accounts/sessions"))["items"]
    problem(await boris.delete(f"/accounts/sessions/{session['id']}"), 404, "not_found")
    problem(await boris.delete(f"/accounts/sessions/{uuid4()}"), 404, "not_found")
    problem(await boris.delete("/accounts/sessions/nonsense"), 422, "validation_error")
    ok(await anna.get("/accounts/me"))


async def test_a_session_beyond_the_limit_ends_the_least_recently_used_one(settings: Settings) -> None:
    async with served(build_app(replace(settings, sizes=SizesSettings(sessions_of_account=2)))) as http:
        oldest = await FakeClient.sign_up(http, "anna")
        other = await oldest.another_device().sign_in()
        refreshed = ok(await oldest.post("/accounts/refresh", {"refresh_token": oldest.refresh_token}))
        newest = await oldest.another_device().sign_in()
        problem(await other.get("/accounts/me"), 401, "unauthenticated")
        problem(await other.post("/accounts/refresh", {"refresh_token": other.refresh_token}), 401, "unauthenticated")
        ok(await newest.get("/accounts/me"))
        oldest.headers["Authorization"] = f"Bearer {refreshed['access_token']}"
        assert len(ok(await oldest.get("/accounts/sessions"))["items"]) == 2
