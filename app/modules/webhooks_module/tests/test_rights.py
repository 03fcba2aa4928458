"""A webhook gets what its owner may read at that moment, and no more."""

from typing import Any

from app.modules.webhooks_module.tests.receiving import (
    Receiver,
    bring_forward,
    create,
    cursor_of,
    read,
    until_attempts,
    until_no_job,
)
from app.utils.container import Container
from tests.fakers import FakeClient, eventually, ok


async def test_a_removed_member_gets_nothing_after_the_removal(
    anna: FakeClient, boris: FakeClient, club: str, receiver: Receiver, container: Container
) -> None:
    webhook = await create(boris, receiver, kinds=["message.*", "member.*"])
    receiver.refuse("500 Internal Server Error")
    await anna.send(club, "раньше")
    await until_attempts(boris, webhook, 1)
    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
    await anna.send(club, "позже")
    await bring_forward(container, club)
    await until_no_job(container)
    assert [message.text for message in receiver.messages] == ["раньше"]
    assert await cursor_of(boris, webhook, club) is None


async def test_a_member_that_comes_back_gets_events_from_the_new_join(
    anna: FakeClient, boris: FakeClient, club: str, receiver: Receiver, container: Container
) -> None:
    await create(boris, receiver, kinds=["message.created", "member.added"])
    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
    await anna.send(club, "без него")
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [boris.id]}))
    await anna.send(club, "с ним")
    joined, message = await receiver.until(2)
    assert (joined.event["kind"], joined.event["data"]["account_id"]) == ("member.added", boris.id)
    assert message.text == "с ним"
    await until_no_job(container)
    assert len(receiver.messages) == 2


async def test_a_chat_that_is_joined_later_is_posted_from_the_join(
    anna: FakeClient, boris: FakeClient, receiver: Receiver
) -> None:
    webhook = await create(boris, receiver, kinds=["message.created"])
    chat = await anna.open_chat()
    await anna.send(chat, "раньше")
    ok(await anna.post(f"/chats/{chat}/members", {"account_ids": [boris.id]}))
    await anna.send(chat, "позже")
    (message,) = await receiver.until(1)
    assert message.text == "позже"
    assert await cursor_of(boris, webhook, chat) is not None


async def test_only_the_chosen_chats_are_posted(
    anna: FakeClient, club: str, receiver: Receiver, container: Container
) -> None:
    other = await anna.open_chat()
    webhook = await create(anna, receiver, chat_ids=[club])
    await anna.send(other, "там")
    await anna.send(club, "здесь")
    ok(await anna.patch("/accounts/me", {"bio": "Люблю чай"}))
    await receiver.until(1)
    await until_no_job(container)
    assert [message.event["stream_id"] for message in receiver.messages] == [club]
    ok(await anna.patch(f"/webhooks/{webhook['id']}", {"chat_ids": [other]}))
    await anna.send(club, "уже нет")
    await anna.send(other, "теперь да")
    _, message = await receiver.until(2)
    assert message.text == "теперь да"


async def test_only_the_chosen_kinds_are_posted(
    anna: FakeClient, club: str, receiver: Receiver, container: Container
) -> None:
    await create(anna, receiver, "/exact", kinds=["message.edited", "account.updated"])
    await create(anna, receiver, "/group", kinds=["message.*"])
    message = await anna.send(club)
    ok(await anna.patch(f"/chats/{club}/messages/{message['seq']}", {"text": "Исправлено"}))
    ok(await anna.put(f"/chats/{club}/messages/{message['seq']}/reactions/👍"))
    ok(await anna.patch("/accounts/me", {"bio": "Люблю чай"}))
    await receiver.until(2, "/exact")
    await receiver.until(2, "/group")
    await until_no_job(container)
    kinds = {path: sorted(one.event["kind"] for one in receiver.on(path)) for path in ("/exact", "/group")}
    assert kinds == {
        "/exact": ["account.updated", "message.edited"],
        "/group": ["message.created", "message.edited"],
    }


async def test_the_own_stream_of_the_owner_is_posted(anna: FakeClient, receiver: Receiver) -> None:
    await create(anna, receiver)
    ok(await anna.patch("/accounts/me", {"bio": "Люблю чай"}))
    (message,) = await receiver.until(1)
    assert (message.event["stream_id"], message.event["kind"]) == (anna.id, "account.updated")


async def test_nothing_of_a_deleted_chat_is_left(
    anna: FakeClient, club: str, receiver: Receiver, container: Container
) -> None:
    webhook = await create(anna, receiver, kinds=["message.created"])
    receiver.refuse("500 Internal Server Error")
    await anna.send(club)
    await until_attempts(anna, webhook, 1)
    ok(await anna.delete(f"/chats/{club}"))
    await until_no_job(container)

    async def is_gone() -> bool:
        return await cursor_of(anna, webhook, club) is None

    await eventually(is_gone)
    assert len(receiver.messages) == 1


async def test_a_message_that_was_deleted_before_it_was_posted_comes_without_its_text(
    anna: FakeClient, club: str, receiver: Receiver
) -> None:
    webhook = await create(anna, receiver, kinds=["message.created"])
    path = f"/webhooks/{webhook['id']}"
    ok(await anna.patch(path, {"state": "paused"}))
    message = await anna.send(club, "секрет")
    ok(await anna.delete(f"/chats/{club}/messages/{message['seq']}"))
    ok(await anna.patch(path, {"state": "active"}))
    (posted,) = await receiver.until(1)
    assert (posted.event["data"]["seq"], posted.text) == (message["seq"], "")


async def test_a_deactivated_account_gets_nothing(
    anna: FakeClient, boris: FakeClient, club: str, receiver: Receiver, container: Container
) -> None:
    webhook: dict[str, Any] = await create(boris, receiver, kinds=["message.created"])
    ok(await boris.post("/accounts/me/deactivate", {"password": "correct horse battery", "messages": "keep"}))
    await anna.send(club)
    await until_no_job(container)
    assert receiver.messages == []
    await boris.sign_in()
    assert (await read(boris, webhook))["state"] == "active"
    await anna.send(club, "снова здесь")
    messages = await receiver.until(2)
    assert messages[1].text == "снова здесь"
