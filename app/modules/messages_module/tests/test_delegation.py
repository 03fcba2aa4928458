"""Several processes on one machine: each chat is written by one of them."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI

from app.adapters.clients.peers import group as peer_group
from app.adapters.db.connection import Connection
from app.fastapi_engine.constructor import build_app
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.messages_module.errors import QueueFull
from app.modules.messages_module.services.delegation import Delegation
from app.modules.messages_module.services.delegation import delegation as sender_side
from app.modules.messages_module.services.delegation import receiver as writer_side
from app.modules.messages_module.services.send_queue import SendQueue
from app.modules.messages_module.services.sends import Sent
from app.modules.messages_module.settings import MessagesSettings
from app.modules.messages_module.tests.delegating import container_of, message, open_chat_of, process
from app.settings import Settings
from app.utils import metrics
from tests.fakers import FakeClient, eventually, ok, problem
from tests.servers import served, without

pytestmark = pytest.mark.usefixtures("every_process_writes")


def delegated() -> float:
    """Returns how many sends another process was asked to write so far."""
    return sum(
        sample.value
        for metric in metrics.REGISTRY.collect()
        for sample in metric.samples
        if sample.name == "messenger_sends_delegated_total"
    )


async def texts_of(user: FakeClient, chat: str) -> list[str]:
    items = ok(await user.get(f"/chats/{chat}/messages", after_seq=0, limit=200))["items"]
    assert [item["seq"] for item in items] == list(range(1, len(items) + 1))
    return [item["text"] for item in items]


async def test_a_process_alone_delegates_nothing(app: FastAPI, anna: FakeClient, club: str) -> None:
    before = delegated()
    await anna.send(club)
    assert container_of(app).get(Delegation).group.ready == 0
    assert delegated() == before


async def test_processes_leave_the_sends_of_a_chat_to_one_of_them(
    app: FastAPI, other: FastAPI, anna: FakeClient, boris: FakeClient
) -> None:
    chats = [await anna.open_chat(boris) for _ in range(40)]
    for chat in chats:
        writers = [container_of(each).get(Delegation).group.find(UUID(chat)) for each in (app, other)]
        assert writers.count(None) == 1
    before = delegated()
    sent = await asyncio.gather(*(user.send(chat) for _ in range(3) for chat in chats for user in (anna, boris)))
    assert 0 < delegated() - before < len(sent)
    for chat in chats:
        assert sorted(each["seq"] for each in sent if each["chat_id"] == chat) == list(range(1, 7))
        assert len(await texts_of(anna, chat)) == 6


async def test_the_oldest_of_a_few_processes_writes_for_all(
    app: FastAPI, settings: Settings, anna: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peer_group, "MEMBERS_OF_ONE", 4)
    async with process(settings, app) as (second, http), process(settings, app, second) as (third, _):
        groups = [container_of(each).get(Delegation).group for each in (app, second, third)]
        oldest = min(group.name for group in groups)
        chats = [await anna.open_chat() for _ in range(5)]
        for group in groups:
            writers = [group.find(UUID(chat)) for chat in chats]
            assert {writer.name if writer else group.name for writer in writers} == {oldest}
        sent = await asyncio.gather(*(FakeClient(http, headers=anna.headers).send(chat) for chat in chats))
        assert [message["seq"] for message in sent] == [1] * len(chats)


async def test_a_delegated_send_has_the_results_of_any_other(
    app: FastAPI, other: FastAPI, anna: FakeClient, boris: FakeClient, stranger: FakeClient
) -> None:
    chat = await open_chat_of(app, anna, boris)
    path, body = f"/chats/{chat}/messages", {"client_msg_id": str(uuid4()), "text": "один раз 🐻"}
    before = delegated()
    first, again = await anna.post(path, body), await anna.post(path, body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.json() == again.json()
    mismatch = problem(await anna.post(path, body | {"text": "другое"}), 422, "idempotency_mismatch")
    assert mismatch["errors"][0]["loc"] == ["body", "client_msg_id"]
    problem(await stranger.post(path, {"client_msg_id": str(uuid4()), "text": "?"}), 404, "not_found")
    lost = {"client_msg_id": str(uuid4()), "text": "ответ", "reply_to_seq": 99}
    assert problem(await anna.post(path, lost), 422, "validation_error")["errors"][0]["loc"] == ["body", "reply_to_seq"]
    assert delegated() - before == 5


async def test_sends_without_a_client_msg_id_keep_their_place_among_the_others(
    app: FastAPI, other: FastAPI, anna: FakeClient
) -> None:
    chat = await open_chat_of(app, anna)
    before = delegated()
    put = partial(container_of(app).get(SendQueue).submit, UUID(chat), anna.uuid)
    await asyncio.gather(*(put(message(str(number), has_id=number % 3 > 0)) for number in range(60)))
    assert await texts_of(anna, chat) == [str(number) for number in range(60)]
    assert delegated() - before == 40


async def test_sends_keep_their_order_while_processes_come_and_go(
    app: FastAPI, settings: Settings, anna: FakeClient
) -> None:
    chats = [UUID(await anna.open_chat()) for _ in range(8)]
    queue = container_of(app).get(SendQueue)
    results: list[Awaitable[Sent]] = []
    numbers = count()
    is_over = asyncio.Event()

    async def keep_sending() -> None:
        while not is_over.is_set():
            number = next(numbers)
            results.extend(queue.submit(chat, anna.uuid, message(str(number))) for chat in chats)
            await asyncio.wait([asyncio.ensure_future(results[-1])], timeout=0.001)
            await asyncio.sleep(0.002)
            # On a slow machine the queue would only grow. A chat changes its process when none of its sends waits.
            if number % 20 == 0:
                await asyncio.gather(*results[-len(chats) :])

    sending = asyncio.create_task(keep_sending())
    before = delegated()
    for _ in range(3):
        async with process(settings, app):
            after = delegated()

            async def has_moved(after: float = after) -> bool:
                return delegated() > after

            await eventually(has_moved)
    is_over.set()
    await sending
    await asyncio.gather(*results)
    assert delegated() > before
    for chat in chats:
        seqs, texts = await all_texts(anna, str(chat))
        assert texts == [str(number) for number in range(next(numbers))][: len(texts)]
        assert seqs == list(range(1, len(results) // len(chats) + 1))


async def all_texts(user: FakeClient, chat: str) -> tuple[list[int], list[str]]:
    items: list[dict[str, Any]] = []
    while True:
        page = ok(await user.get(f"/chats/{chat}/messages", after_seq=len(items), limit=200))["items"]
        if not page:
            return [item["seq"] for item in items], [item["text"] for item in items]
        items += page


async def test_who_was_removed_meanwhile_cannot_post_through_the_other_process(
    app: FastAPI, other: FastAPI, anna: FakeClient, boris: FakeClient
) -> None:
    chat = await open_chat_of(app, anna, boris)
    path = f"/chats/{chat}/messages"
    assert (await boris.post(path, {"client_msg_id": str(uuid4()), "text": "ещё здесь"})).status_code == 201
    ok(await anna.delete(f"/chats/{chat}/members/{boris.id}"))
    problem(await boris.post(path, {"client_msg_id": str(uuid4()), "text": "уже нет"}), 404, "not_found")
    assert await texts_of(anna, chat) == ["ещё здесь"]


async def test_the_writer_refuses_a_send_of_a_session_that_has_ended(
    app: FastAPI, other: FastAPI, anna: FakeClient
) -> None:
    chat = await open_chat_of(app, anna)
    session_id = uuid4()
    result: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    container_of(other).get(Revocations).add([session_id])
    container_of(app).get(SendQueue).put(
        UUID(chat), anna.uuid, message("поздно"), result.set_result, lambda: None, session_id=session_id
    )
    refusal = await result
    assert refusal.code == "unauthenticated"
    assert await texts_of(anna, chat) == []


async def test_a_writer_keeps_as_many_senders_and_sessions_in_memory_as_there_is_room_for(
    app: FastAPI, other: FastAPI, anna: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_side, "_MAX_CACHED", 2)
    for chat in [await open_chat_of(app, anna) for _ in range(3)]:
        result: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        container_of(app).get(SendQueue).put(
            UUID(chat), anna.uuid, message("?"), result.set_result, lambda: None, session_id=uuid4()
        )
        assert isinstance(await result, Sent)
    receiver = container_of(other).get(Delegation).group._receive.__self__  # type: ignore[attr-defined]
    assert 0 < len(receiver._ids) <= 2
    assert 0 < len(receiver._checks) <= 2


@pytest.mark.parametrize("limit", ["MAX_WAITING_IN_CHAT", "MAX_WAITING"])
async def test_a_send_is_refused_while_too_many_wait_for_the_other_process(
    app: FastAPI, other: FastAPI, anna: FakeClient, connection: Connection, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(sender_side, limit, 3)
    chat, free = [await open_chat_of(app, anna) for _ in range(2)]
    body = {"client_msg_id": str(uuid4()), "text": "?"}
    async with connection.transaction():
        await connection.execute("SELECT FROM stream WHERE id = $1 FOR UPDATE", UUID(chat))
        put = partial(container_of(app).get(SendQueue).submit, UUID(chat), anna.uuid)
        waiting = [put(message(str(number))) for number in range(3)]
        refused, elsewhere = [await anna.post(f"/chats/{each}/messages", body) for each in (chat, free)]
    await asyncio.gather(*waiting, return_exceptions=True)
    assert problem(refused, 503, "unavailable")["title"] == QueueFull.title
    assert elsewhere.status_code == (201 if limit == "MAX_WAITING_IN_CHAT" else 503)
    assert await texts_of(anna, chat) == ["0", "1", "2"]


async def test_delegation_can_be_switched_off(settings: Settings, app: FastAPI, anna: FakeClient) -> None:
    off = build_app(replace(settings, own={**settings.own, MessagesSettings: MessagesSettings(delegation=False)}))
    async with served(off):
        assert Delegation not in container_of(off).services
        assert container_of(app).get(Delegation).group.ready == 0


async def test_processes_with_different_modules_do_not_meet(settings: Settings, app: FastAPI, anna: FakeClient) -> None:
    """The writer checks a send by its modules: one without the blocks would store what a blocked account sends."""
    other = build_app(without(settings, "blocks"))
    async with served(other):
        groups = [container_of(each).get(Delegation).group for each in (app, other)]

        async def have_joined() -> bool:
            return all(group.folder is not None for group in groups)

        await eventually(have_joined)
        assert [group.folder.list_names() for group in groups if group.folder] == [[group.name] for group in groups]
