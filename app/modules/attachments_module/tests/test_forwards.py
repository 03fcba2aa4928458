"""Files of forwarded messages."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from os import urandom
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.adapters.db.connection import Connection
from app.modules.attachments_module.db.cruds import attachments
from app.modules.attachments_module.db.invariants import INVARIANTS
from app.modules.attachments_module.services.store import FileStore
from app.modules.attachments_module.settings import AttachmentSettings
from app.modules.attachments_module.tests.pictures import picture
from app.modules.attachments_module.tests.uploading import download, ready
from app.modules.forwards_module.tests.forwarding import forward
from app.modules.messages_module.services.send_queue import SendQueue
from app.utils.container import Container
from tests.busy import at_once
from tests.fakers import FakeClient, eventually, ok, problem


@pytest.fixture
async def photo(anna: FakeClient, club: str) -> dict[str, Any]:
    """The first message of the group: a picture and a letter of Anna."""
    ids = [(await ready(anna, data, name))["id"] for data, name in ((picture("PNG"), "a.png"), (urandom(50), "Ё.txt"))]
    return ok(await anna.post(f"/chats/{club}/messages", {"attachments": ids}))


async def used(connection: Connection, user: FakeClient) -> int:
    sql = "SELECT coalesce(sum(bytes), 0) FROM attachment_usage WHERE account_id = $1"
    return int(await connection.fetchval(sql, user.uuid))


async def test_a_forward_has_files_of_its_own_with_the_same_contents(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str, cafe: str, photo: dict[str, Any]
) -> None:
    sent = ok(await forward(boris, club, 1, cafe))
    ids = [[one["id"] for one in message["attachments"]] for message in (photo, sent)]
    assert not {*ids[0]} & {*ids[1]}
    assert [one | {"id": ""} for one in sent["attachments"]] == [one | {"id": ""} for one in photo["attachments"]]
    assert ok(await clara.get(f"/chats/{cafe}/messages/1"))["attachments"] == sent["attachments"]
    listed = ok(await clara.get(f"/chats/{cafe}/attachments"))["items"]
    assert [(item["seq"], item["attachment"]["id"]) for item in listed] == [(1, one) for one in ids[1]]
    for source, copy in zip(*ids, strict=True):
        here, there = ok(await anna.get(f"/attachments/{source}")), ok(await clara.get(f"/attachments/{copy}"))
        assert here["sha256"] == there["sha256"]
        assert (await download(clara, there["url"])).content == (await download(anna, here["url"])).content
        assert len(there["previews"]) == len(here["previews"])
        problem(await clara.get(f"/attachments/{source}"), 404, "not_found")
        problem(await anna.get(f"/attachments/{copy}"), 404, "not_found")


async def test_a_file_stays_as_long_as_one_of_the_messages_has_it(
    anna: FakeClient,
    boris: FakeClient,
    clara: FakeClient,
    club: str,
    cafe: str,
    photo: dict[str, Any],
    container: Container,
    connection: Connection,
) -> None:
    await forward(boris, club, 1, cafe)
    sent = ok(await forward(clara, cafe, 1, cafe))
    copy = ok(await boris.get(f"/attachments/{sent['attachments'][1]['id']}"))
    for user, chat_id, seq in ((anna, club, 1), (boris, cafe, 1)):
        ok(await user.delete(f"/chats/{chat_id}/messages/{seq}"))

    async def are_collected() -> bool:
        return bool(await connection.fetchval("SELECT count(*) = 2 FROM attachment"))

    await eventually(are_collected)
    assert (await download(boris, copy["url"])).status_code == 200
    ok(await clara.delete(f"/chats/{cafe}/messages/2"))
    problem(await download(boris, copy["url"]), 404, "not_found")
    store = container.get(FileStore)

    async def are_gone() -> bool:
        return f"files/{copy['sha256']}" not in [one.path async for one in store.list("files")]

    await eventually(are_gone)
    assert await connection.fetchval("SELECT sum(bytes) FROM attachment_usage") == 0


async def test_forwarded_files_count_for_the_quota_of_those_who_forward(
    anna: FakeClient,
    boris: FakeClient,
    club: str,
    cafe: str,
    photo: dict[str, Any],
    connection: Connection,
    container: Container,
) -> None:
    before = await used(connection, anna)
    ok(await forward(boris, club, 1, cafe))
    size = sum(one["size"] for one in photo["attachments"])
    assert (await used(connection, anna), await used(connection, boris)) == (before, size)
    full = container.get(AttachmentSettings).quota_bytes - size + 1
    await connection.execute("UPDATE attachment_usage SET bytes = $2 WHERE account_id = $1", boris.uuid, full)
    problem(await forward(boris, club, 1, cafe), 507, "quota_exceeded")
    assert len(ok(await boris.get(f"/chats/{cafe}/messages"))["items"]) == 1
    await connection.execute("UPDATE attachment_usage SET bytes = $2 WHERE account_id = $1", boris.uuid, size)
    for invariant in INVARIANTS:
        assert await connection.fetch(invariant.find) == []


async def test_a_file_that_is_being_processed_is_not_forwarded_yet(
    boris: FakeClient, club: str, cafe: str, photo: dict[str, Any], connection: Connection
) -> None:
    await connection.execute("UPDATE attachment SET state = 'processing' WHERE seq = 1")
    problem(await forward(boris, club, 1, cafe), 409, "attachment_not_ready")
    await connection.execute("UPDATE attachment SET state = 'ready' WHERE seq = 1")
    ok(await forward(boris, club, 1, cafe))


async def test_a_forward_races_with_the_deletion_of_its_source(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str, cafe: str, connection: Connection
) -> None:
    for seq in range(1, 6):
        one = await ready(anna, urandom(20))
        ok(await anna.post(f"/chats/{club}/messages", {"attachments": [one["id"]]}))
        answer, _ = await at_once(
            partial(forward, boris, club, seq, cafe), partial(anna.delete, f"/chats/{club}/messages/{seq}")
        )
        assert answer.status_code in (201, 409), answer.text
    for message in ok(await clara.get(f"/chats/{cafe}/messages"))["items"]:
        (shown,) = message["attachments"]
        file = ok(await clara.get(f"/attachments/{shown['id']}"))
        assert (await download(clara, file["url"])).status_code == 200


async def test_a_file_whose_message_is_deleted_while_it_is_copied_is_copied(
    anna: FakeClient, boris: FakeClient, club: str, connection: Connection
) -> None:
    one = await ready(anna, urandom(20))
    ok(await anna.post(f"/chats/{club}/messages", {"attachments": [one["id"]]}))
    copied = uuid4()
    async with connection.transaction():
        held = await attachments.hold(connection, [UUID(one["id"])])
        ok(await anna.delete(f"/chats/{club}/messages/1"))
        times = datetime.now(UTC), datetime.now(UTC) + timedelta(hours=1)
        await attachments.copy(connection, list(held.values()), [copied], boris.uuid, *times)
    assert await connection.fetchval("SELECT state FROM attachment WHERE id = $1", copied) == "ready"


async def test_simultaneous_forwards_get_their_own_files(
    anna: FakeClient, boris: FakeClient, club: str, cafe: str, photo: dict[str, Any]
) -> None:
    await anna.send(club, "Без файлов")
    answers = await at_once(*(partial(forward, boris, club, 1 + number % 2, cafe) for number in range(12)))
    for number, answer in enumerate(answers):
        assert len(ok(answer)["attachments"]) == (0 if number % 2 else 2)
    ids = [one["id"] for answer in answers for one in answer.json()["attachments"]]
    assert len(set(ids)) == 12


async def test_a_forward_that_is_repeated_while_it_waits_copies_its_files_once(
    boris: FakeClient, club: str, cafe: str, photo: dict[str, Any], connection: Connection, container: Container
) -> None:
    queue, client_msg_id = container.get(SendQueue), str(uuid4())

    async def both_wait() -> bool:
        return queue._waiting == 2

    async with connection.transaction():
        await connection.execute("SELECT FROM stream WHERE id = $1 FOR UPDATE", UUID(cafe))
        forwards = [asyncio.create_task(forward(boris, club, 1, cafe, client_msg_id)) for _ in range(2)]
        await eventually(both_wait)
    answers = [await each for each in forwards]
    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert answers[0].json() == answers[1].json()
    assert await used(connection, boris) == sum(one["size"] for one in photo["attachments"])
    assert await connection.fetchval("SELECT count(*) FROM attachment WHERE owner_id = $1", boris.uuid) == 2
