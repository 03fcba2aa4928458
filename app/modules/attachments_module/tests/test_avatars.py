"""Avatars of accounts and chats."""

from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.adapters.db.database import Database
from app.modules.accounts_module.tests.erasing import erase
from app.modules.attachments_module.db.invariants import INVARIANTS
from app.modules.attachments_module.services.store import FileStore
from app.modules.attachments_module.tests.pictures import opened, picture
from app.modules.attachments_module.tests.uploading import begin, download, ready
from app.utils.container import Container
from tests.busy import at_once
from tests.databases import rows
from tests.fakers import FakeClient, eventually, ok, problem

ME = "/accounts/me/avatar"


async def image(user: FakeClient, size: tuple[int, int] = (40, 20)) -> str:
    return str((await ready(user, picture("PNG", size), "лицо.png"))["id"])


async def put(user: FakeClient, path: str, attachment_id: str) -> httpx.Response:
    return await user.put(path, {"attachment_id": attachment_id})


async def avatar_of(viewer: FakeClient, path: str) -> Any:
    return ok(await viewer.get(path))["avatar"]


async def updates(user: FakeClient, chat_id: str | None = None) -> list[dict[str, Any]]:
    """The data of the events that announce a change of the account, or of the chat."""
    kind, events = (
        ("chat.updated", await user.events(chat_id)) if chat_id else ("account.updated", await user.own_events())
    )
    return [event["data"] for event in events if event["kind"] == kind]


async def test_an_avatar_is_shown_wherever_an_account_is(
    anna: FakeClient, boris: FakeClient, stranger: FakeClient, club: str
) -> None:
    one = await image(anna, (2000, 1000))
    assert await avatar_of(anna, "/accounts/me") is None
    given = ok(await put(anna, ME, one))
    assert given["id"] == one
    assert await avatar_of(anna, "/accounts/me") == given
    seen = await avatar_of(boris, f"/accounts/{anna.id}")
    assert seen["id"] == one
    members = ok(await boris.get(f"/chats/{club}/members"))["items"]
    assert {member["account_id"]: member["avatar"] for member in members} == {anna.id: seen, boris.id: None}
    found = ok(await stranger.get("/accounts", query=anna.username))["items"]
    for url in (given["url"], seen["url"], found[0]["avatar"]["url"]):
        shown = await download(stranger, url)
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
        assert opened(shown.content).size == (320, 160)
    assert len(await updates(anna)) == 1


async def test_an_address_stays_until_the_avatar_changes(
    anna: FakeClient, boris: FakeClient, container: Container
) -> None:
    first, second = await image(anna), await image(anna, (20, 40))
    ok(await put(anna, ME, first))
    seen = [await avatar_of(boris, f"/accounts/{anna.id}") for _ in range(2)]
    assert seen[0] == seen[1]
    shown = await download(boris, seen[0]["url"])
    same = await download(boris, seen[0]["url"], If_None_Match=shown.headers["etag"])
    assert (same.status_code, same.content) == (304, b"")
    part = await download(boris, seen[0]["url"], Range="bytes=0-3")
    assert (part.status_code, part.content) == (206, b"RIFF")
    ok(await put(anna, ME, second))
    problem(await download(boris, seen[0]["url"]), 404, "not_found")
    assert (await download(boris, (await avatar_of(boris, f"/accounts/{anna.id}"))["url"])).status_code == 200
    ok(await anna.delete(ME))
    assert await avatar_of(boris, f"/accounts/{anna.id}") is None
    assert len(await updates(anna)) == 3

    async def is_gone() -> bool:
        return not await rows(container, "SELECT FROM attachment UNION ALL SELECT FROM attachment_content")

    await eventually(is_gone)
    store = container.get(FileStore)
    assert [one.path async for one in store.list("previews") if seen[0]["id"] in one.path] == []


async def test_an_address_opens_nothing_while_its_viewer_is_signed_out_everywhere(
    anna: FakeClient, boris: FakeClient
) -> None:
    ok(await put(anna, ME, await image(anna)))
    phone = await boris.another_device().sign_in()
    url = (await avatar_of(boris, f"/accounts/{anna.id}"))["url"]
    ok(await boris.post("/accounts/sign-out"))
    assert (await download(boris, url)).status_code == 200
    ok(await phone.post("/accounts/sign-out"))
    problem(await download(boris, url), 404, "not_found")
    await boris.sign_in()
    assert (await avatar_of(boris, f"/accounts/{anna.id}"))["url"] == url
    assert (await download(boris, url)).status_code == 200


async def test_a_bot_sees_avatars_as_long_as_it_has_a_key(anna: FakeClient) -> None:
    ok(await put(anna, ME, await image(anna)))
    bot = ok(await anna.post("/bots", {"username": f"{anna.username}_bot", "display_name": "Бот"}))
    key = ok(await anna.post(f"/bots/{bot['id']}/keys", {"name": "k", "scopes": ["profile:read"], "expires_at": None}))
    viewer = FakeClient(anna.http, id=bot["id"], headers={"Authorization": f"Bearer {key['key']}"})
    url = (await avatar_of(viewer, f"/accounts/{anna.id}"))["url"]
    assert (await download(viewer, url)).status_code == 200
    ok(await anna.delete(f"/bots/{bot['id']}/keys/{key['id']}"))
    problem(await download(viewer, url), 404, "not_found")


async def test_repeating_a_change_changes_nothing(anna: FakeClient, club: str) -> None:
    one, other = await image(anna), await image(anna)
    for path, file in ((ME, one), (f"/chats/{club}/avatar", other)):
        answers = await at_once(*[partial(put, anna, path, file)] * 4)
        assert [ok(answer) for answer in answers] == [ok(answers[0])] * 4
    assert (len(await updates(anna)), len(await updates(anna, club))) == (1, 1)
    for path in (ME, f"/chats/{club}/avatar"):
        assert [(await anna.delete(path)).status_code for _ in range(2)] == [204, 204]
    assert (len(await updates(anna)), len(await updates(anna, club))) == (2, 2)


async def test_only_an_image_of_ones_own_that_nothing_else_has_becomes_an_avatar(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    chat = f"/chats/{club}/avatar"
    text, foreign = (await ready(anna, b"text"))["id"], await image(boris)
    unfinished, sent = (await begin(anna, 10))[1:], await image(anna)
    ok(await anna.post(f"/chats/{club}/messages", {"attachments": [sent]}))
    for path in (ME, chat):
        problem(await put(anna, path, text), 422, "validation_error")
        problem(await put(anna, path, foreign), 404, "not_found")
        problem(await put(anna, path, unfinished), 409, "attachment_not_ready")
        problem(await put(anna, path, sent), 409, "attachment_taken")
        problem(await put(anna, path, club), 404, "not_found")
    one = await image(anna)
    answers = await at_once(partial(put, anna, ME, one), partial(put, anna, chat, one))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    problem(await anna.post(f"/chats/{club}/messages", {"attachments": [one]}), 409, "attachment_taken")
    problem(await anna.delete(f"/attachments/{one}"), 409, "attachment_taken")


async def test_members_see_the_avatar_of_a_chat_as_long_as_they_are(
    anna: FakeClient, boris: FakeClient, stranger: FakeClient, club: str
) -> None:
    path, before = f"/chats/{club}/avatar", ok(await boris.get(f"/chats/{club}"))
    one = await image(anna)
    ok(await put(anna, path, one))
    chat = ok(await boris.get(f"/chats/{club}"))
    assert (before["avatar"], chat["avatar"]["id"]) == (None, one)
    assert chat["updated_at"] > before["updated_at"]
    assert ok(await boris.get("/chats"))["items"] == [chat]
    assert await updates(boris, club) == [{"chat_id": club, "actor_id": anna.id}]
    url = chat["avatar"]["url"]
    # The address is bound to Boris, whichever client asks.
    assert (await download(stranger, url)).status_code == 200
    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
    problem(await download(boris, url), 404, "not_found")
    own = (await avatar_of(anna, f"/chats/{club}"))["url"]
    assert (await download(anna, own)).status_code == 200
    ok(await anna.delete(f"/chats/{club}"))
    problem(await download(anna, own), 404, "not_found")


@pytest.mark.usefixtures("erasing_at_once")
async def test_an_erased_account_has_no_avatar_and_sees_none(
    anna: FakeClient, boris: FakeClient, container: Container
) -> None:
    ok(await put(anna, ME, await image(anna)))
    ok(await put(boris, ME, await image(boris)))
    seen = (await avatar_of(anna, f"/accounts/{boris.id}"))["url"]
    async with container.get(Database).connection() as connection:
        await erase(container, connection, anna)
    assert await avatar_of(boris, f"/accounts/{anna.id}") is None
    problem(await download(anna, seen), 404, "not_found")

    async def is_gone() -> bool:
        return not await rows(container, "SELECT FROM attachment WHERE owner_id = $1", anna.uuid)

    await eventually(is_gone)


async def test_the_avatar_of_an_account_that_was_erased_without_this_module_is_not_shown(
    anna: FakeClient, boris: FakeClient, container: Container
) -> None:
    url = ok(await put(anna, ME, await image(anna)))["url"]
    seen = (await avatar_of(boris, f"/accounts/{anna.id}"))["url"]
    await rows(container, "UPDATE account SET erased_at = now() WHERE id = $1", anna.uuid)
    assert await avatar_of(boris, f"/accounts/{anna.id}") is None
    for each in (url, seen):
        problem(await download(boris, each), 404, "not_found")


@pytest.mark.usefixtures("erasing_at_once")
async def test_the_avatar_of_a_chat_outlives_the_account_unless_all_of_it_is_deleted(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, container: Container
) -> None:
    chats = {user.id: await boris.open_chat(user, title="Клуб") for user in (anna, clara)}
    for user, chat_id in zip((anna, clara), chats.values(), strict=True):
        ok(await boris.patch(f"/chats/{chat_id}/members/{user.id}", {"role": "admin"}))
        ok(await put(user, f"/chats/{chat_id}/avatar", await image(user)))
    async with container.get(Database).connection() as connection:
        await erase(container, connection, anna, "keep")
        await erase(container, connection, clara, "delete")
    kept = await avatar_of(boris, f"/chats/{chats[anna.id]}")
    assert (await download(boris, kept["url"])).status_code == 200
    assert await avatar_of(boris, f"/chats/{chats[clara.id]}") is None
    assert len(await updates(boris, chats[clara.id])) == 2


async def test_a_forged_address_opens_nothing(anna: FakeClient) -> None:
    url = ok(await put(anna, ME, await image(anna)))["url"]
    token = url.rpartition("/")[2]
    file = (await ready(anna, b"secret"))["url"].rpartition("/")[2]
    for forged in (file, token[:-1], token[:-1] + ("A" if token[-1] != "A" else "B"), "x", "%00", "é", "A" * 200):
        problem(await anna.http.get(f"/avatars/{forged}"), 404, "not_found")
    problem(await anna.http.get(f"/files/{token}"), 404, "not_found")
    problem(await anna.http.get("/avatars/" + "A" * 201), 422, "validation_error")


async def test_doctor_finds_avatars_without_a_file_and_files_that_nothing_has(
    anna: FakeClient, boris: FakeClient, container: Container
) -> None:
    of_avatars = INVARIANTS[-2:]
    for user in (anna, boris):
        ok(await put(user, ME, await image(user)))
    for invariant in of_avatars:
        assert await rows(container, invariant.find) == []
    await rows(container, "UPDATE attachment SET state = 'refused' WHERE owner_id = $1", anna.uuid)
    await rows(container, "DELETE FROM account_avatar WHERE account_id = $1", boris.uuid)
    found = [[row["stream_id"] for row in await rows(container, invariant.find)] for invariant in of_avatars]
    assert found == [[UUID(anna.id)], [UUID(boris.id)]]
    for invariant, broken in zip(of_avatars, found, strict=True):
        for statement in invariant.fix:
            await rows(container, statement, broken)
    # The file of the avatar that was removed is found now.
    (left,) = await rows(container, of_avatars[1].find)
    assert left["stream_id"] == anna.uuid
