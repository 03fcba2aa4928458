"""Cursors are listed, and moved to replay or to skip events."""

from app.modules.webhooks_module.tests.receiving import (
    Receiver,
    create,
    cursor_of,
    delete_events,
    until_attempts,
    until_no_job,
)
from app.utils.container import Container
from tests.fakers import FakeClient, eventually, ok, problem


async def test_events_are_replayed_with_the_same_ids(anna: FakeClient, club: str, receiver: Receiver) -> None:
    webhook = await create(anna, receiver, chat_ids=[club])
    for text in ("раз", "два", "три"):
        await anna.send(club, text)
    first = await receiver.until(3)
    await until_attempts(anna, webhook, 3)
    before = first[0].event["seq"] - 1
    moved = ok(await anna.put(f"/webhooks/{webhook['id']}/cursors/{club}", {"seq": before}))
    assert (moved["seq"], moved["last_seq"]) == (before, before + 3)
    messages = await receiver.until(6)
    assert [message.id for message in messages[3:]] == [message.id for message in messages[:3]]


async def test_events_are_skipped(anna: FakeClient, club: str, receiver: Receiver, container: Container) -> None:
    webhook = await create(anna, receiver, chat_ids=[club])
    receiver.refuse("500 Internal Server Error")
    for text in ("раз", "два", "три"):
        await anna.send(club, text)
    await until_attempts(anna, webhook, 1)
    cursor = await cursor_of(anna, webhook, club)
    assert cursor is not None
    assert (cursor["attempts"], cursor["next_at"] is None) == (1, False)
    # At once, and not after the pause of the event that is skipped.
    ok(await anna.put(f"/webhooks/{webhook['id']}/cursors/{club}", {"seq": cursor["seq"] + 2}))
    _, message = await receiver.until(2)
    assert message.text == "три"


async def test_a_cursor_that_is_moved_during_a_request_stays_where_it_was_put(
    anna: FakeClient, club: str, receiver: Receiver
) -> None:
    webhook = await create(anna, receiver, chat_ids=[club])
    for text in ("раз", "два"):
        await anna.send(club, text)
    first, _ = await receiver.until(2)
    await until_attempts(anna, webhook, 2)
    receiver.hang()
    await anna.send(club, "три")
    await receiver.until(3)
    before = first.event["seq"] - 1
    ok(await anna.put(f"/webhooks/{webhook['id']}/cursors/{club}", {"seq": before}))
    receiver.go_on()
    messages = await receiver.until(6)
    assert [message.text for message in messages] == ["раз", "два", "три", "раз", "два", "три"]


async def test_a_cursor_stays_within_what_can_be_posted(
    anna: FakeClient, boris: FakeClient, receiver: Receiver, container: Container
) -> None:
    chat = await anna.open_chat()
    await anna.send(chat)
    ok(await anna.post(f"/chats/{chat}/members", {"account_ids": [boris.id]}))
    joined = (await anna.events(chat))[-1]["seq"]
    webhook = await create(boris, receiver, kinds=["webhook.paused"])
    for _ in range(3):
        await anna.send(chat)
    path = f"/webhooks/{webhook['id']}/cursors/{chat}"
    for seq in (0, joined - 2, joined + 4):
        refused = problem(await boris.put(path, {"seq": seq}), 422, "validation_error")
        assert refused["errors"][0]["loc"] == ["body", "seq"]
    for seq in (joined - 1, joined + 3):
        assert ok(await boris.put(path, {"seq": seq}))["seq"] == seq
    await delete_events(container, chat, joined + 2)
    problem(await boris.put(path, {"seq": joined}), 422, "validation_error")
    assert ok(await boris.put(path, {"seq": joined + 1}))["seq"] == joined + 1


async def test_streams_that_the_webhook_gets_nothing_of_have_no_cursor(
    anna: FakeClient, boris: FakeClient, club: str, receiver: Receiver
) -> None:
    other = await boris.open_chat()
    webhook = await create(anna, receiver, chat_ids=[club])
    path = f"/webhooks/{webhook['id']}/cursors"
    for stream_id in (other, anna.id, boris.id, webhook["id"]):
        problem(await anna.put(f"{path}/{stream_id}", {"seq": 1}), 404, "not_found")
    assert [one["stream_id"] for one in ok(await anna.get(path))["items"]] == [club]


async def test_cursors_and_attempts_come_in_pages(anna: FakeClient, receiver: Receiver, container: Container) -> None:
    chats = [await anna.open_chat() for _ in range(3)]
    webhook = await create(anna, receiver, kinds=["message.created"])
    for chat in chats:
        await anna.send(chat)
    await until_attempts(anna, webhook, 3)
    await until_no_job(container)
    cursors = await _read_pages(anna, f"/webhooks/{webhook['id']}/cursors")
    assert [cursor["stream_id"] for cursor in cursors] == sorted([*chats, anna.id])
    attempts = await _read_pages(anna, f"/webhooks/{webhook['id']}/deliveries")
    assert {attempt["stream_id"] for attempt in attempts} == set(chats)
    assert [attempt["at"] for attempt in attempts] == sorted((one["at"] for one in attempts), reverse=True)
    for name in ("cursors", "deliveries"):
        problem(await anna.get(f"/webhooks/{webhook['id']}/{name}", cursor="forged"), 422, "validation_error")


async def _read_pages(user: FakeClient, path: str) -> list[dict[str, str]]:
    """Reads a list in pages of two."""
    items: list[dict[str, str]] = []
    page = ok(await user.get(path, limit=2))
    items += page["items"]
    while page["next_cursor"] is not None:
        assert len(page["items"]) == 2
        page = ok(await user.get(path, limit=2, cursor=page["next_cursor"]))
        items += page["items"]
    return items


async def test_a_cursor_passes_events_that_are_not_posted(
    anna: FakeClient, club: str, receiver: Receiver, container: Container
) -> None:
    webhook = await create(anna, receiver, chat_ids=[club], kinds=["message.edited"])
    message = await anna.send(club)
    ok(await anna.patch(f"/chats/{club}/messages/{message['seq']}", {"text": "Исправлено"}))
    await receiver.until(1)

    async def is_at_head() -> bool:
        cursor = await cursor_of(anna, webhook, club)
        return cursor is not None and cursor["seq"] == cursor["last_seq"]

    await eventually(is_at_head)
