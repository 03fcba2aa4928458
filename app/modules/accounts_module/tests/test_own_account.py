"""The caller's own account: reading it, changing it, and changing its password."""

import asyncio

import httpx

from app.modules.accounts_module.tests.signing_in import sign_in
from tests.fakers import PASSWORD, FakeClient, ok, problem
from tests.servers import ReusedServer
from tests.waiting import until_waiting

NEW_PASSWORD = "staple of the new house"


async def test_the_own_account_has_all_fields(anna: FakeClient) -> None:
    me = ok(await anna.get("/accounts/me"))
    assert me["id"] == anna.id
    assert me["username"] == anna.username
    assert me["email"] == f"{anna.username}@example.com"
    assert me["display_name"] == "Анна"
    assert me["bio"] == ""
    assert "password" not in str(me)


async def test_a_change_is_stored_and_published_on_the_account_stream(anna: FakeClient) -> None:
    changes = {"username": "ANNA.k", "display_name": "Анна К. 🌿", "bio": "Пишу код\nи письма"}
    me = ok(await anna.patch("/accounts/me", changes))
    assert me["username"] == "anna.k"
    assert (me["display_name"], me["bio"]) == ("Анна К. 🌿", "Пишу код\nи письма")
    assert me["updated_at"] >= me["created_at"]
    assert ok(await anna.get("/accounts/me")) == me
    (event,) = await anna.own_events()
    assert (event["seq"], event["kind"]) == (me["event_seq"], "account.updated")
    assert event["stream_id"] == anna.id
    assert event["data"] == {name: me[name] for name in ("id", "username", "display_name", "bio")}


async def test_the_own_account_is_never_older_than_its_event_number(
    anna: FakeClient, running_server: ReusedServer
) -> None:
    before = ok(await anna.get("/accounts/me"))["event_seq"]
    async with running_server.connection.transaction():
        await running_server.connection.execute("LOCK TABLE stream IN ACCESS EXCLUSIVE MODE")
        reading = asyncio.create_task(anna.get("/accounts/me"))
        await until_waiting(running_server.container, 1)
        await running_server.connection.execute("UPDATE account SET bio = 'Новое' WHERE id = $1", anna.uuid)
        await running_server.connection.execute("UPDATE stream SET last_seq = last_seq + 1 WHERE id = $1", anna.uuid)
    me = ok(await reading)
    assert (me["bio"], me["event_seq"]) == ("Новое", before + 1)


async def test_omitted_fields_stay_and_unchanged_fields_write_no_event(anna: FakeClient) -> None:
    ok(await anna.patch("/accounts/me", {"bio": "Была тут"}))
    before = ok(await anna.get("/accounts/me"))
    for nothing_new in ({}, {"bio": "Была тут"}, {"display_name": " Анна"}, {"username": anna.username.upper()}):
        assert ok(await anna.patch("/accounts/me", nothing_new)) == before
    assert ok(await anna.patch("/accounts/me", {"bio": ""}))["event_seq"] == before["event_seq"] + 1


async def test_null_clears_display_name_and_bio(anna: FakeClient) -> None:
    ok(await anna.patch("/accounts/me", {"bio": "Была тут"}))
    me = ok(await anna.patch("/accounts/me", {"bio": None, "display_name": None}))
    assert (me["bio"], me["display_name"]) == ("", anna.username)
    assert ok(await anna.patch("/accounts/me", {"bio": None, "display_name": None})) == me
    me = ok(await anna.patch("/accounts/me", {"username": "anna.new", "display_name": None}))
    assert me["display_name"] == "anna.new"


async def test_without_a_display_name_a_new_username_is_shown(anna: FakeClient) -> None:
    ok(await anna.patch("/accounts/me", {"display_name": None}))
    assert ok(await anna.patch("/accounts/me", {"username": "anna.k"}))["display_name"] == "anna.k"
    assert [event["data"]["display_name"] for event in await anna.own_events()] == [anna.username, "anna.k"]
    me = ok(await anna.patch("/accounts/me", {"username": "anna.new", "display_name": "anna.k"}))
    assert (me["username"], me["display_name"]) == ("anna.new", "anna.k")
    assert ok(await anna.patch("/accounts/me", {"username": "anna.s"}))["display_name"] == "anna.k"


async def test_a_taken_username_changes_nothing_and_writes_no_event(anna: FakeClient, boris: FakeClient) -> None:
    before = ok(await anna.get("/accounts/me"))
    taken = {"username": boris.username.upper(), "bio": "не сохранится"}
    problem(await anna.patch("/accounts/me", taken), 409, "conflict")
    assert ok(await anna.get("/accounts/me")) == before
    assert await anna.own_events() == []


async def test_invalid_names_and_bios_are_refused_with_their_location(anna: FakeClient) -> None:
    for wrong in (
        {"username": "a"},
        {"username": "анна"},
        {"username": None},
        {"username": "..."},
        {"display_name": "  "},
        {"display_name": "x" * 65},
        {"bio": "x" * 501},
        {"bio": "a\x00b"},
        {"bio": "a\x1b[31mb"},
        {"display_name": "\u200b\u3164"},
        {"display_name": "Анна\nАдминистратор"},
        {"display_name": "\u202eannA"},
        {"bio": 5},
        {"is_admin": True},
    ):
        refused = problem(await anna.patch("/accounts/me", wrong), 422, "validation_error")
        assert [error["loc"] for error in refused["errors"]] == [["body", *wrong]], wrong


async def test_a_new_password_ends_only_the_other_sessions(server: httpx.AsyncClient, anna: FakeClient) -> None:
    phone, tablet = [await anna.another_device().sign_in() for _ in range(2)]
    change = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert (await anna.post("/accounts/me/password", change)).status_code == 204
    for device in (phone, tablet):
        problem(await device.get("/accounts/me"), 401, "unauthenticated")
        problem(await device.post("/accounts/refresh", {"refresh_token": device.refresh_token}), 401, "unauthenticated")
    ok(await anna.get("/accounts/me"))
    ok(await anna.post("/accounts/refresh", {"refresh_token": anna.refresh_token}))
    problem(await sign_in(server, anna.username), 401, "unauthenticated")
    ok(await sign_in(server, anna.username, NEW_PASSWORD))


async def test_a_password_change_requires_the_current_password(anna: FakeClient) -> None:
    phone = await anna.another_device().sign_in()
    wrong = {"current_password": "wrong password", "new_password": NEW_PASSWORD}
    problem(await anna.post("/accounts/me/password", wrong), 403, "forbidden")
    for invalid in ({"current_password": PASSWORD}, {"current_password": PASSWORD, "new_password": "short"}):
        problem(await anna.post("/accounts/me/password", invalid), 422, "validation_error")
    ok(await phone.get("/accounts/me"))
    await anna.another_device().sign_in()
