"""Blocks: no direct chat and no message in it either way, no adding, nothing shown live to the blocked."""

from uuid import UUID, uuid4

import pytest

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.accounts_module.services.presence_filters import PresenceFilters
from app.modules.blocks_module import services
from app.modules.blocks_module.tests.blocking import PATH, block, unblock
from app.modules.streams_module.services.log import Log
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, FakeSocket, eventually, ok, problem
from tests.waiting import begin_in_order


async def test_blocks_are_listed_and_are_events_of_the_blocking_account_alone(
    anna: FakeClient, boris: FakeClient, clara: FakeClient
) -> None:
    for other in (boris, clara):
        for _ in range(2):
            await block(anna, other)
    blocks = ok(await anna.get(PATH))["items"]
    assert [each["account_id"] for each in blocks] == [clara.id, boris.id]
    page = ok(await anna.get(PATH, limit=1))
    rest = ok(await anna.get(PATH, limit=1, cursor=page["next_cursor"]))
    assert page["items"] + rest["items"] == blocks
    for _ in range(2):
        await unblock(anna, boris)
    assert [(event["kind"], event["data"]) for event in await anna.own_events()] == [
        ("account.blocked", {"account_id": boris.id}),
        ("account.blocked", {"account_id": clara.id}),
        ("account.unblocked", {"account_id": boris.id}),
    ]
    assert ok(await boris.get(PATH))["items"] == []
    assert await boris.own_events() == []


async def test_an_account_blocks_neither_itself_nor_one_that_does_not_exist(anna: FakeClient) -> None:
    problem(await anna.put(f"{PATH}/{anna.id}"), 422, "validation_error")
    problem(await anna.put(f"{PATH}/{uuid4()}"), 404, "not_found")
    problem(await anna.delete(f"{PATH}/{uuid4()}"), 404, "not_found")


async def test_the_block_that_reaches_the_limit_can_be_repeated(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MAX_BLOCKS", 1)
    for _ in range(2):
        await block(anna, boris)
    problem(await anna.put(f"{PATH}/{clara.id}"), 409, "conflict")
    assert [each["account_id"] for each in ok(await anna.get(PATH))["items"]] == [boris.id]


async def test_neither_of_the_two_opens_a_direct_chat(anna: FakeClient, boris: FakeClient) -> None:
    await block(anna, boris)
    for user, other in ((anna, boris), (boris, anna)):
        problem(await user.post("/chats", {"type": "direct", "member_ids": [other.id]}), 403, "forbidden")
    await unblock(anna, boris)
    await boris.send(await boris.open_chat(anna, type="direct"))


async def test_neither_of_the_two_writes_in_their_direct_chat_over_any_transport(
    anna: FakeClient, boris: FakeClient, live_server: str
) -> None:
    chat = await anna.open_chat(boris, type="direct")
    first = await boris.send(chat, "До блокировки")
    await anna.send(chat, "Моё")
    await block(anna, boris)
    for user, seq in ((anna, 2), (boris, 1)):
        body = {"text": "Нельзя"}
        problem(await user.post(f"/chats/{chat}/messages", body), 403, "forbidden")
        problem(await user.patch(f"/chats/{chat}/messages/{seq}", body), 403, "forbidden")
        async with FakeSocket(user, live_server) as socket:
            assert (await socket.begin("send", chat_id=chat, text="Нельзя"))["error"]["code"] == "forbidden"
            typing = await socket.begin("typing", chat_id=chat, is_typing=True)
            assert typing["error"]["code"] == "forbidden"
    # What was sent before stays, and repeating it is no new message.
    assert len(ok(await boris.get(f"/chats/{chat}/messages"))["items"]) == 2
    again = {"text": first["text"], "client_msg_id": first["client_msg_id"]}
    assert (await boris.post(f"/chats/{chat}/messages", again)).status_code == 200
    assert (await boris.post("/chats", {"type": "direct", "member_ids": [anna.id]})).status_code == 200


async def test_neither_of_the_two_reacts_or_pins_in_their_direct_chat(
    anna: FakeClient, boris: FakeClient, clara: FakeClient
) -> None:
    chat, club = await anna.open_chat(boris, type="direct"), await anna.open_chat(boris, clara)
    for each in (chat, club):
        await boris.send(each, "До блокировки")
        await anna.send(each, "Моё")
    messages = f"/chats/{chat}/messages"
    ok(await boris.put(f"{messages}/2/reactions/👍"))
    ok(await boris.put(f"/chats/{chat}/pins/2"))
    await block(anna, boris)
    before = len(await anna.events(chat))
    for user, seq in ((anna, 1), (boris, 2)):
        problem(await user.put(f"{messages}/{seq}/reactions/🔥"), 403, "forbidden")
        problem(await user.put(f"/chats/{chat}/pins/{seq}"), 403, "forbidden")
    assert len(await anna.events(chat)) == before
    # What was there before can be taken back, and a group that both are members of is not concerned.
    ok(await boris.delete(f"{messages}/2/reactions/👍"))
    ok(await boris.delete(f"/chats/{chat}/pins/2"))
    ok(await boris.delete(f"{messages}/1"))
    ok(await boris.put(f"/chats/{club}/messages/2/reactions/🔥"))
    await unblock(anna, boris)
    ok(await boris.put(f"{messages}/2/reactions/🔥"))
    ok(await boris.put(f"/chats/{chat}/pins/2"))


async def test_neither_of_the_two_unpins_what_the_other_one_has_pinned(
    anna: FakeClient, boris: FakeClient, clara: FakeClient
) -> None:
    chat, club = await anna.open_chat(boris, type="direct"), await anna.open_chat(boris, clara)
    ok(await anna.patch(f"/chats/{club}/members/{boris.id}", {"role": "admin"}))
    for each in (chat, club):
        for user in (anna, boris):
            seq = (await user.send(each))["seq"]
            ok(await user.put(f"/chats/{each}/pins/{seq}"))
    await block(anna, boris)
    problem(await boris.delete(f"/chats/{chat}/pins/1"), 403, "forbidden")
    problem(await anna.delete(f"/chats/{chat}/pins/2"), 403, "forbidden")
    assert [pin["message"]["seq"] for pin in ok(await anna.get(f"/chats/{chat}/pins"))["items"]] == [2, 1]
    # Admins of a group that both are members of unpin as before.
    ok(await boris.delete(f"/chats/{club}/pins/1"))
    await unblock(anna, boris)
    ok(await boris.delete(f"/chats/{chat}/pins/1"))


async def test_after_two_blocks_both_have_to_be_taken_back(anna: FakeClient, boris: FakeClient) -> None:
    chat = await anna.open_chat(boris, type="direct")
    await block(anna, boris)
    await block(boris, anna)
    await unblock(anna, boris)
    problem(await anna.post(f"/chats/{chat}/messages", {"text": "Нельзя"}), 403, "forbidden")
    await unblock(boris, anna)
    await anna.send(chat)
    await boris.send(chat)


async def test_the_blocked_cannot_add_the_account_to_a_chat(
    anna: FakeClient, boris: FakeClient, clara: FakeClient
) -> None:
    club = await boris.open_chat(clara)
    await block(anna, boris)
    refused = problem(await boris.post(f"/chats/{club}/members", {"account_ids": [anna.id]}), 403, "forbidden")
    assert "block" not in str(refused).lower()
    problem(await boris.post("/chats", {"type": "group", "member_ids": [clara.id, anna.id]}), 403, "forbidden")
    # Others may add both, and the blocking account may add the blocked one.
    ok(await boris.patch(f"/chats/{club}/members/{clara.id}", {"role": "admin"}))
    ok(await clara.post(f"/chats/{club}/members", {"account_ids": [anna.id]}))
    own = await anna.open_chat(boris)
    await boris.send(own, "В группе можно")
    await boris.send(club, "И здесь")


async def test_presence_typing_and_receipts_are_hidden_from_the_blocked(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, live_server: str
) -> None:
    club = await clara.open_chat(anna, boris)
    await clara.send(club, "Привет")
    async with FakeSocket(boris, live_server) as blocked, FakeSocket(clara, live_server) as other:
        await block(anna, boris)
        async with FakeSocket(boris, live_server) as later, FakeSocket(anna, live_server) as own:
            await own.ask("typing", chat_id=club, is_typing=True)
            await own.ask("read", chat_id=club, seq=1)
            await other.until(lambda: {"presence", "typing", "receipt"} <= {each["kind"] for each in other.signals})
            # Signals of others still come.
            await other.ask("typing", chat_id=club, is_typing=True)
            await blocked.until(lambda: "typing" in {each["kind"] for each in blocked.signals})
            await later.until(lambda: "typing" in {each["kind"] for each in later.signals})
            for socket in (blocked, later):
                assert {each["account_id"] for each in socket.signals} <= {clara.id, boris.id}
            shown = ok(await boris.get(f"/accounts/{anna.id}"))
            assert (shown["online"], shown["last_seen_at"]) == (False, None)
            (found,) = [
                each for each in ok(await boris.get("/accounts", query="anna"))["items"] if each["id"] == anna.id
            ]
            assert (found["online"], found["last_seen_at"]) == (False, None)
            assert ok(await clara.get(f"/accounts/{anna.id}"))["online"] is True


async def test_signals_are_shown_again_after_the_block_is_taken_back(
    anna: FakeClient, boris: FakeClient, club: str, live_server: str
) -> None:
    await block(anna, boris)
    async with FakeSocket(boris, live_server) as socket, FakeSocket(anna, live_server) as own:
        await unblock(anna, boris)

        async def is_shown() -> bool:
            await own.ask("typing", chat_id=club, is_typing=True)
            return any(each["account_id"] == anna.id for each in socket.signals)

        await eventually(is_shown)


async def test_only_the_accounts_of_a_page_are_looked_up(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, container: Container
) -> None:
    """Any number of accounts may have blocked a viewer."""
    for user in (anna, clara):
        await block(user, boris)
    filters = container.get(PresenceFilters)
    async with container.get(Database).connection() as connection:
        assert await filters.list_hidden(connection, boris.uuid, [anna.uuid, boris.uuid]) == {anna.uuid}
        assert await filters.list_hidden(connection, boris.uuid, []) == set()
    assert await filters.read_all_hidden(boris.uuid) == {anna.uuid, clara.uuid}


async def test_a_direct_chat_that_is_opened_just_before_the_block_is_closed(
    anna: FakeClient, boris: FakeClient, container: Container
) -> None:
    async with open_unit_of_work(container.get(Database)) as work:
        await container.get(Log).lock(work, accounts=[anna.uuid])
        opening, blocking = await begin_in_order(
            container, boris.post("/chats", {"type": "direct", "member_ids": [anna.id]}), anna.put(f"{PATH}/{boris.id}")
        )
    chat = ok(await opening)["id"]
    ok(await blocking)
    problem(await boris.post(f"/chats/{chat}/messages", {"text": "Нельзя"}), 403, "forbidden")


async def test_a_direct_chat_that_is_opened_just_after_the_block_is_refused(
    anna: FakeClient, boris: FakeClient, container: Container
) -> None:
    async with open_unit_of_work(container.get(Database)) as work:
        await container.get(Log).lock(work, accounts=[anna.uuid])
        blocking, opening = await begin_in_order(
            container, anna.put(f"{PATH}/{boris.id}"), boris.post("/chats", {"type": "direct", "member_ids": [anna.id]})
        )
    ok(await blocking)
    problem(await opening, 403, "forbidden")


async def test_the_check_is_off_for_chats_without_a_block(
    anna: FakeClient, boris: FakeClient, container: Container
) -> None:
    chat = await anna.open_chat(boris, type="direct")
    await block(anna, boris)
    await unblock(anna, boris)
    (row,) = await rows(container, "SELECT send_checks FROM chat WHERE id = $1", UUID(chat))
    assert row["send_checks"] is None
