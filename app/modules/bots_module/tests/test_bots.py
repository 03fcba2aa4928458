"""Bots as accounts: creating, changing and deleting them, and their keys."""

from functools import partial
from uuid import uuid4

import pytest

from app.modules.accounts_module.tests.erasing import begin
from app.modules.bots_module.services import MAX_BOTS
from app.modules.bots_module.tests.bots import add, create_bot
from app.modules.keys_module.tests.keys import create_key, program_of
from app.utils.container import Container
from tests.busy import at_once
from tests.databases import rows
from tests.fakers import PASSWORD, FakeClient, eventually, ok, problem


async def test_a_bot_is_an_account_that_others_recognize_as_one(anna: FakeClient, boris: FakeClient, club: str) -> None:
    body = {"username": "Weather_Bot", "display_name": "Погода ☀️", "bio": "Прогноз"}
    bot = ok(await anna.post("/bots", body))
    assert bot == {**body, "username": "weather_bot", "id": bot["id"], "created_at": bot["created_at"]}
    assert ok(await anna.get(f"/bots/{bot['id']}")) == bot
    assert ok(await anna.get("/bots"))["items"] == [bot]
    shown = ok(await boris.get(f"/accounts/{bot['id']}"))
    assert (shown["typ"], shown["display_name"]) == ("bot", "Погода ☀️")
    assert ok(await boris.get(f"/accounts/{anna.id}"))["typ"] == "user"
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [bot["id"]]}))
    members = ok(await boris.get(f"/chats/{club}/members"))["items"]
    assert [member["typ"] for member in members] == ["user", "user", "bot"]
    program = program_of(anna, await create_key(anna, path=f"/bots/{bot['id']}/keys"), bot["id"])
    me = ok(await program.get("/accounts/me"))
    assert (me["id"], me["email"], me["typ"]) == (bot["id"], None, "bot")


async def test_changes_of_bots_are_events_of_the_owner(anna: FakeClient) -> None:
    bot = await create_bot(anna, display_name="Погода")
    path = f"/bots/{bot.id}"
    assert ok(await anna.patch(path, {"display_name": "Прогноз"}))["display_name"] == "Прогноз"
    ok(await anna.patch(path, {"display_name": "Прогноз"}))
    assert ok(await anna.patch(path, {"display_name": None}))["display_name"] == bot.username
    ok(await anna.delete(path))
    events = [(event["kind"], event["data"]) for event in await anna.own_events()]
    about = {"id": bot.id, "username": bot.username, "bio": ""}
    assert [event for event in events if event[0].startswith("bot.")] == [
        ("bot.created", {**about, "display_name": "Погода"}),
        ("bot.updated", {**about, "display_name": "Прогноз"}),
        ("bot.updated", {**about, "display_name": bot.username}),
        ("bot.deleted", {"id": bot.id}),
    ]


async def test_a_bot_without_a_display_name_is_shown_with_its_new_username(anna: FakeClient) -> None:
    bot = ok(await anna.post("/bots", {"username": "weather"}))
    assert ok(await anna.patch(f"/bots/{bot['id']}", {"username": "forecast"}))["display_name"] == "forecast"


async def test_a_username_is_taken_by_bots_and_users_alike(anna: FakeClient, boris: FakeClient) -> None:
    bot = await create_bot(anna)
    problem(await anna.post("/bots", {"username": boris.username}), 409, "conflict")
    problem(await boris.post("/bots", {"username": bot.username}), 409, "conflict")
    problem(await anna.patch(f"/bots/{bot.id}", {"username": boris.username}), 409, "conflict")
    problem(await anna.post("/bots", {"username": "admin"}), 422, "validation_error")
    problem(await anna.post("/bots", {"username": "b"}), 422, "validation_error")
    problem(await anna.post("/bots", {"username": "helper", "owner_id": boris.id}), 422, "validation_error")


async def test_a_bot_cannot_sign_in(anna: FakeClient, anonymous: FakeClient) -> None:
    bot = await create_bot(anna)
    for password in (PASSWORD, ""):
        body = {"login": bot.username, "password": password}
        problem(await anonymous.post("/accounts/sign-in", body), 401, "unauthenticated")


async def test_bots_and_their_keys_belong_to_their_owner_alone(anna: FakeClient, boris: FakeClient) -> None:
    bot = await create_bot(anna)
    (key,) = ok(await anna.get(f"/bots/{bot.id}/keys"))["items"]
    for user in (boris, anna):
        bot_id = bot.id if user is boris else str(uuid4())
        for method, path, body in (
            ("GET", f"/bots/{bot_id}", None),
            ("PATCH", f"/bots/{bot_id}", {"bio": "x"}),
            ("DELETE", f"/bots/{bot_id}", None),
            ("GET", f"/bots/{bot_id}/keys", None),
            ("POST", f"/bots/{bot_id}/keys", {"name": "x", "scopes": ["chats:read"]}),
            ("DELETE", f"/bots/{bot_id}/keys/{key['id']}", None),
        ):
            problem(await user.call(method, path, body), 404, "not_found")
    problem(await anna.delete(f"/accounts/me/keys/{key['id']}"), 404, "not_found")
    ok(await bot.get("/accounts/me"))
    assert (await anna.delete(f"/bots/{bot.id}/keys/{key['id']}")).status_code == 204
    problem(await bot.get("/accounts/me"), 401, "unauthenticated")


async def test_an_account_has_a_limited_number_of_bots(anna: FakeClient, boris: FakeClient) -> None:
    bots = [ok(await anna.post("/bots", {"username": f"helper_{number}"}))["id"] for number in range(MAX_BOTS - 1)]
    answers = await at_once(*(partial(anna.post, "/bots", {"username": f"more_{number}"}) for number in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    ok(await boris.post("/bots", {"username": "of_boris"}))
    ok(await anna.delete(f"/bots/{bots[0]}"))
    ok(await anna.post("/bots", {"username": "one_more"}))


async def test_a_deleted_bot_is_out_at_once_and_its_messages_stay_without_a_name(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    bot = await create_bot(anna)
    await add(anna, club, bot)
    await bot.send(club, "Привет от бота")
    assert (await anna.delete(f"/bots/{bot.id}")).status_code == 204
    problem(await bot.get("/accounts/me"), 401, "unauthenticated")
    problem(await anna.get(f"/bots/{bot.id}"), 404, "not_found")
    problem(await anna.delete(f"/bots/{bot.id}"), 404, "not_found")
    assert ok(await anna.get("/bots"))["items"] == []

    async def has_left() -> bool:
        return len(ok(await boris.get(f"/chats/{club}/members"))["items"]) == 2

    await eventually(has_left)
    shown = ok(await boris.get(f"/accounts/{bot.id}"))
    assert (shown["display_name"], shown["typ"]) == ("", "bot")
    assert ok(await boris.get(f"/chats/{club}/messages/1"))["text"] == "Привет от бота"


async def test_a_bot_is_deleted_only_soon_after_a_sign_in(anna: FakeClient, container: Container) -> None:
    bot = await create_bot(anna)
    await rows(container, "UPDATE auth_session SET created_at = now() - interval '11 minutes'")
    problem(await anna.delete(f"/bots/{bot.id}"), 401, "reauthentication_required")
    ok(await bot.get("/accounts/me"))
    await anna.sign_in()
    ok(await anna.delete(f"/bots/{bot.id}"))


@pytest.mark.usefixtures("erasing_at_once")
async def test_the_username_of_a_deleted_bot_is_free(anna: FakeClient, boris: FakeClient) -> None:
    bot = await create_bot(anna)
    ok(await anna.delete(f"/bots/{bot.id}"))

    async def is_taken() -> bool:
        return (await boris.patch("/accounts/me", {"username": bot.username})).status_code == 200

    await eventually(is_taken)


async def test_former_usernames_of_bots_count_for_their_owner(anna: FakeClient, boris: FakeClient) -> None:
    first, second = await create_bot(anna), await create_bot(anna)
    for bot in (first, second):
        for number in range(2):
            ok(await anna.patch(f"/bots/{bot.id}", {"username": f"{bot.username}_{number}"}))
    problem(await boris.patch("/accounts/me", {"username": second.username}), 409, "conflict")
    ok(await anna.patch(f"/bots/{second.id}", {"username": second.username}))
    ok(await anna.post("/bots", {"username": f"{second.username}_0"}))
    # The oldest of four: an account holds three.
    ok(await boris.patch("/accounts/me", {"username": first.username}))


async def test_a_bot_is_deleted_with_its_messages(anna: FakeClient, boris: FakeClient, club: str) -> None:
    bot = await create_bot(anna)
    await add(anna, club, bot)
    await bot.send(club, "Забыть")
    assert (await anna.delete(f"/bots/{bot.id}?messages=delete")).status_code == 204

    async def is_forgotten() -> bool:
        return ok(await boris.get(f"/chats/{club}/messages/1"))["deleted_at"] is not None

    await eventually(is_forgotten)


@pytest.mark.usefixtures("erasing_at_once")
async def test_a_bot_that_the_operator_erases_is_out_of_its_owners_list_with_an_event(
    anna: FakeClient, boris: FakeClient, container: Container
) -> None:
    mine, other = await create_bot(anna), await create_bot(boris)
    await rows(container, "UPDATE account SET erased_at = now() WHERE id = ANY($1)", [mine.uuid, other.uuid])
    assert ok(await anna.get("/bots"))["items"] == []
    problem(await anna.patch(f"/bots/{mine.id}", {"bio": "x"}), 404, "not_found")
    ok(await boris.delete(f"/bots/{other.id}"))
    await begin(container, mine)

    async def have_no_rows() -> bool:
        return not await rows(container, "SELECT FROM bot")

    await eventually(have_no_rows)
    for owner, bot in ((anna, mine), (boris, other)):
        assert [(event["kind"], event["data"]) for event in await owner.own_events()][-1:] == [
            ("bot.deleted", {"id": bot.id})
        ]
        assert [event["kind"] for event in await owner.own_events()].count("bot.deleted") == 1


@pytest.mark.usefixtures("erasing_at_once")
async def test_the_bots_of_an_erased_account_end_with_it(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    bot = await create_bot(anna)
    await add(anna, club, bot)
    await begin(container, anna)

    async def is_refused() -> bool:
        return (await bot.get("/accounts/me")).status_code == 401

    async def is_erased() -> bool:
        members = ok(await boris.get(f"/chats/{club}/members"))["items"]
        shown = ok(await boris.get(f"/accounts/{bot.id}"))
        return [member["account_id"] for member in members] == [boris.id] and shown["display_name"] == ""

    async def has_no_rows() -> bool:
        return not await rows(container, "SELECT FROM bot UNION ALL SELECT FROM api_key")

    await eventually(is_refused)
    await eventually(is_erased)
    await eventually(has_no_rows)
