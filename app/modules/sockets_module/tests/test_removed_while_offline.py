"""A device that was offline when its account left a chat gets the chat's events up to the removal, and none after."""

import json
from typing import Any
from uuid import UUID

import pytest

from app.adapters.db.connection import Connection
from app.modules.chats_module.services.access import get_event_reader
from app.modules.streams_module.errors import StreamGap
from tests.fakers import API, FakeClient, FakeSocket, eventually, ok, problem

REMOVAL = 6
"""Number of the `member.removed` event, after two joins and three messages."""


@pytest.fixture
async def offline_socket(anna: FakeClient, boris: FakeClient, club: str, live_server: str) -> FakeSocket:
    """Boris' device with cursors from before his removal."""
    device = FakeSocket(boris, live_server)
    device.cursors = {club: 2, boris.id: 1}
    for number in range(3):
        await anna.send(club, f"при Борисе {number}")
    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
    for number in range(3):
        await anna.send(club, f"без Бориса {number}")
    return device


async def read_stream(user: FakeClient, chat: str, after: int) -> list[dict[str, Any]]:
    """Returns the server-sent events after a number, to the end of the response."""
    headers = {**user.headers, "Accept": "text/event-stream", "Last-Event-ID": str(after)}
    async with user.http.stream("GET", f"{API}/chats/{chat}/events", headers=headers, timeout=30) as response:
        assert response.status_code == 200
        return [json.loads(line[6:]) async for line in response.aiter_lines() if line.startswith("data: ")]


async def test_every_transport_sends_the_events_up_to_the_removal(
    offline_socket: FakeSocket, anna: FakeClient, boris: FakeClient, club: str
) -> None:
    expected = (await anna.events(club))[2:REMOVAL]
    page = ok(await boris.get(f"/chats/{club}/events", after=2))
    assert page == {"items": expected, "last_seq": REMOVAL}
    first = ok(await boris.get(f"/chats/{club}/events", after=2, limit=1, wait=5))
    assert first == {"items": expected[:1], "last_seq": REMOVAL}
    assert await read_stream(boris, club, 2) == expected
    async with offline_socket:
        await offline_socket.until(
            lambda: offline_socket.seqs(club)[-1:] == [REMOVAL] and bool(offline_socket.events[boris.id])
        )
        await anna.send(club, "и это без него")
        await offline_socket.ask("ping")
    assert offline_socket.events[club] == expected
    left = offline_socket.events[boris.id][-1]
    assert (left["kind"], left["data"]["event_seq"]) == ("chat.left", REMOVAL)


async def test_a_former_member_reads_only_events_up_to_the_removal(
    offline_socket: FakeSocket, boris: FakeClient, stranger: FakeClient, club: str
) -> None:
    for after in (REMOVAL, REMOVAL + 1, 100):
        problem(await boris.get(f"/chats/{club}/events", after=after), 404, "not_found")
    for path in ("", "/members", "/messages", "/messages/1", "/events"):
        problem(await boris.get(f"/chats/{club}{path}"), 404, "not_found")
    problem(await stranger.get(f"/chats/{club}/events", after=2), 404, "not_found")
    offline_socket.cursors[club] = REMOVAL
    async with offline_socket:
        await offline_socket.until(lambda: bool(offline_socket.events[boris.id]))
        await offline_socket.ask("ping")
        refused = await offline_socket.begin("typing", chat_id=club, is_typing=True)
    assert refused["error"]["code"] == "not_found"
    assert not offline_socket.events[club]


async def test_earlier_events_do_not_show_texts_edited_after_the_removal(
    offline_socket: FakeSocket, anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str
) -> None:
    ok(await anna.patch(f"/chats/{club}/messages/1", {"text": "тайна"}))
    ok(await anna.delete(f"/chats/{club}/messages/2"))
    texts = [event["data"].get("text") for event in await boris.events(club, after=2)]
    assert texts == ["", "", "при Борисе 2", None]
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [clara.id]}))
    events = await clara.events(club)
    assert [event["data"]["text"] for event in events if event["kind"] == "message.edited"] == ["тайна"]


async def test_a_member_removed_twice_reads_up_to_the_second_removal(
    offline_socket: FakeSocket, anna: FakeClient, boris: FakeClient, club: str
) -> None:
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [boris.id]}))
    await anna.send(club, "снова с ним")
    ok(await boris.delete(f"/chats/{club}/members/{boris.id}"))
    await anna.send(club, "снова без него")
    last = (await anna.events(club))[-2]
    assert last["kind"] == "member.removed"
    async with offline_socket:
        await offline_socket.until(lambda: offline_socket.seqs(club)[-1:] == [last["seq"]])
    assert offline_socket.seqs(club) == list(range(3, last["seq"] + 1))
    assert offline_socket.seqs(club) == [event["seq"] for event in await boris.events(club, after=2)]


async def test_a_member_who_rejoins_continues_from_the_cursor_of_the_chat(
    offline_socket: FakeSocket, anna: FakeClient, boris: FakeClient, club: str
) -> None:
    async with offline_socket:
        await offline_socket.until(lambda: offline_socket.seqs(club)[-1:] == [REMOVAL])
        ok(await anna.post(f"/chats/{club}/members", {"account_ids": [boris.id]}))
        message = await anna.send(club, "снова с ним")
        await offline_socket.until(lambda: offline_socket.events[club][-1]["data"].get("id") == message["id"])
    assert offline_socket.seqs(club) == list(range(3, offline_socket.seqs(club)[-1] + 1))


async def test_only_the_deletion_event_of_a_deleted_chat_is_kept(
    anna: FakeClient, boris: FakeClient, club: str, live_server: str
) -> None:
    device = FakeSocket(boris, live_server)
    device.cursors = {club: 2, boris.id: 1}
    for number in range(3):
        await anna.send(club, f"слово {number}")
    ok(await anna.delete(f"/chats/{club}"))

    async def is_notified() -> bool:
        return bool((await boris.own_events())[-1]["kind"] == "chat.left")

    await eventually(is_notified)
    gap = problem(await boris.get(f"/chats/{club}/events", after=2), 410, "stream_gap")
    assert (gap["first_seq"], gap["last_seq"]) == (6, 6)
    (deleted,) = await boris.events(club, after=5)
    assert deleted["kind"] == "chat.deleted"
    async with device:
        await device.until(lambda: bool(device.gaps) and bool(device.events[boris.id]))
        await device.ask("ping")
    assert device.gaps == [{"stream_id": club, "first_seq": 6, "last_seq": 6}]
    assert not device.events[club]


async def test_members_of_a_deleted_chat_get_its_last_event_before_their_memberships_have_ended(
    anna: FakeClient, boris: FakeClient, stranger: FakeClient, club: str, live_server: str, sql: Connection
) -> None:
    await anna.send(club)
    device, old_device = FakeSocket(boris, live_server), FakeSocket(boris, live_server)
    device.cursors, old_device.cursors = {club: 3, boris.id: 1}, {club: 2, boris.id: 1}
    transaction = sql.transaction()
    await transaction.start()
    # The end of his membership waits for this lock.
    await sql.execute("SELECT FROM stream WHERE id = $1 FOR UPDATE", boris.uuid)
    ok(await anna.delete(f"/chats/{club}"))
    (deleted,) = await boris.events(club, after=3)
    assert (deleted["kind"], deleted["seq"]) == ("chat.deleted", 4)
    assert await read_stream(boris, club, 3) == [deleted]
    gap = problem(await boris.get(f"/chats/{club}/events", after=2), 410, "stream_gap")
    assert (gap["first_seq"], gap["last_seq"]) == (4, 4)
    for path in ("", "/members", "/messages", "/messages/1", "/events", "/events?after=4", "/events?after=5"):
        problem(await boris.get(f"/chats/{club}{path}"), 404, "not_found")
    problem(await stranger.get(f"/chats/{club}/events", after=3), 404, "not_found")
    async with device, old_device:
        await device.until(lambda: bool(device.events[club]))
        await old_device.until(lambda: bool(old_device.gaps))
        assert "chat.left" not in device.kinds(boris.id) + old_device.kinds(boris.id)
        await transaction.rollback()
        await device.until(lambda: "chat.left" in device.kinds(boris.id))
        await device.ask("ping")
        await old_device.until(lambda: "chat.left" in old_device.kinds(boris.id))
        await old_device.ask("ping")
    assert (device.events[club], device.gaps) == ([deleted], [])
    assert (old_device.events[club], old_device.gaps) == ([], [{"stream_id": club, "first_seq": 4, "last_seq": 4}])


async def test_nothing_can_be_read_from_beyond_the_head_where_a_removal_would_be_passed(
    boris: FakeClient, club: str, connection: Connection
) -> None:
    """The removal may be committed between the check of the membership and the first look at the log."""
    head = ok(await boris.get(f"/chats/{club}/events"))["last_seq"]
    assert (await get_event_reader(connection, UUID(club), boris.uuid, head)).stream_id == UUID(club)
    with pytest.raises(StreamGap):
        await get_event_reader(connection, UUID(club), boris.uuid, head + 1)
