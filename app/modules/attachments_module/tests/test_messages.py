"""Files in messages: who may put them there, and who gets them."""

from functools import partial
from os import urandom
from typing import Any
from uuid import uuid4

import httpx

from app.adapters.db.connection import Connection
from app.modules.attachments_module.services.store import FileStore
from app.modules.attachments_module.tests.uploading import add, begin, collect, download, processed, ready, upload
from app.modules.base_module.services.cursors import encode_cursor
from app.utils.container import Container
from tests.busy import at_once
from tests.fakers import FakeClient, as_sent, eventually, ok, problem


async def send(user: FakeClient, chat_id: str, *ids: str, **fields: Any) -> httpx.Response:
    return await user.post(f"/chats/{chat_id}/messages", {"attachments": list(ids), **fields})


async def test_a_message_carries_files_without_a_text(anna: FakeClient, boris: FakeClient, club: str) -> None:
    first, second = await ready(anna, b"one", "1.txt"), await ready(anna, b"three", "2.txt")
    sent = ok(await send(anna, club, second["id"], first["id"]))
    shown = ("id", "filename", "content_type", "size", "width", "height", "blurhash", "state")
    assert sent["text"] == ""
    assert sent["attachments"] == [{name: one[name] for name in shown} for one in (second, first)]
    assert as_sent(ok(await boris.get(f"/chats/{club}/messages/1"))) == sent
    assert (await boris.events(club))[-1]["data"]["attachments"] == sent["attachments"]
    assert (await boris.send(club, "Без файлов"))["attachments"] == []


async def test_without_files_a_text_is_required_and_checked(anna: FakeClient, club: str) -> None:
    bodies: list[dict[str, Any]] = [{}, {"text": "  "}, {"text": "", "attachments": []}, {"attachments": []}]
    for body in bodies:
        problem(await anna.post(f"/chats/{club}/messages", body), 422, "validation_error")
    one = (await ready(anna, b"one"))["id"]
    for text in ("x" * 4001, "\u200b", "\x1b[31m", "\u202e"):
        problem(await send(anna, club, one, text=text), 422, "validation_error")
    for ids in ([one, one], [str(uuid4()) for _ in range(11)], ["x"]):
        problem(await send(anna, club, *ids), 422, "validation_error")
    assert ok(await send(anna, club, one, text="Привет"))["text"] == "Привет"


async def test_an_edit_removes_the_text_of_a_message_with_files(anna: FakeClient, boris: FakeClient, club: str) -> None:
    one = (await ready(anna, b"one"))["id"]
    sent = ok(await send(anna, club, one, text="**Подпись**", text_format="markdown"))
    path = f"/chats/{club}/messages/1"
    edited = ok(await anna.patch(path, {"text": " "}))
    assert (edited["text"], edited["entities"], edited["attachments"]) == ("", [], sent["attachments"])
    assert [event["data"]["text"] for event in (await boris.events(club))[-2:]] == ["", ""]
    assert ok(await anna.patch(path, {"text": "Другая"}))["text"] == "Другая"
    await anna.send(club, "Без файлов")
    for text in ("", " "):
        problem(await anna.patch(f"/chats/{club}/messages/2", {"text": text}), 422, "validation_error")


async def test_each_file_is_for_one_message_of_its_owner(anna: FakeClient, boris: FakeClient, club: str) -> None:
    one, unfinished = (await ready(anna, b"one"))["id"], (await begin(anna, 10))[1:]
    problem(await send(boris, club, one), 404, "not_found")
    problem(await send(anna, club, str(uuid4())), 404, "not_found")
    problem(await send(anna, club, unfinished), 409, "attachment_not_ready")
    answers = await at_once(*(partial(send, anna, club, one, text=str(number)) for number in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    problem(await send(anna, club, one), 409, "attachment_taken")
    problem(await anna.delete(f"/attachments/{one}"), 409, "attachment_taken")


async def test_a_repeated_send_is_answered_before_its_files_are_looked_at(anna: FakeClient, club: str) -> None:
    one, other = (await ready(anna, b"one"))["id"], (await ready(anna, b"two"))["id"]
    client_msg_id = str(uuid4())
    first = ok(await send(anna, club, one, client_msg_id=client_msg_id))
    again = await send(anna, club, one, client_msg_id=client_msg_id)
    assert (again.status_code, again.json()) == (200, first)
    problem(await send(anna, club, other, client_msg_id=client_msg_id), 422, "idempotency_mismatch")
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    again = await send(anna, club, one, client_msg_id=client_msg_id)
    assert (again.status_code, again.json()["attachments"]) == (200, [])


async def test_a_message_learns_what_its_file_is(anna: FakeClient, boris: FakeClient, club: str) -> None:
    path = await begin(anna, 3)
    await add(anna, path, 0, b"abc")
    ok(await send(anna, club, path[1:]))

    async def is_ready() -> bool:
        return bool(ok(await boris.get(f"/chats/{club}/messages/1"))["attachments"][0]["state"] == "ready")

    await eventually(is_ready)
    (value,) = ok(await boris.get(f"/chats/{club}/messages/1"))["attachments"]
    assert (value["content_type"], value["size"]) == ("text/plain", 3)
    for event in await boris.events(club):
        if event["kind"].startswith("message."):
            assert event["data"]["attachments"] == [value]


async def test_members_get_a_file_as_long_as_they_are_and_it_is_there(
    anna: FakeClient, boris: FakeClient, stranger: FakeClient, club: str
) -> None:
    one = await ready(anna, b"secret")
    problem(await boris.get(f"/attachments/{one['id']}"), 404, "not_found")
    ok(await send(anna, club, one["id"]))
    url = ok(await boris.get(f"/attachments/{one['id']}"))["url"]
    assert (await download(boris, url)).content == b"secret"
    assert url != one["url"]
    problem(await stranger.get(f"/attachments/{one['id']}"), 404, "not_found")
    assert ok(await stranger.post("/attachments/urls", {"ids": [one["id"]]}))["items"] == []
    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
    problem(await download(boris, url), 404, "not_found")
    problem(await boris.get(f"/attachments/{one['id']}"), 404, "not_found")
    assert (await download(anna, one["url"])).content == b"secret"
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    problem(await download(anna, one["url"]), 404, "not_found")


async def test_an_address_ends_with_its_session(anna: FakeClient) -> None:
    device = await anna.another_device().sign_in()
    one = await ready(anna, b"secret")
    url = ok(await device.get(f"/attachments/{one['id']}"))["url"]
    assert (await download(device, url)).status_code == 200
    ok(await device.post("/accounts/sign-out"))
    problem(await download(device, url), 404, "not_found")
    assert (await download(anna, one["url"])).status_code == 200


async def test_the_bytes_of_a_deleted_message_go_unless_another_one_has_them(
    anna: FakeClient, boris: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    data = urandom(100)
    first, second = await ready(anna, data), await ready(boris, data)
    ok(await send(anna, club, first["id"]))
    ok(await send(boris, club, second["id"]))
    store = container.get(FileStore)

    async def count_rows() -> int:
        return int(await connection.fetchval("SELECT count(*) FROM attachment"))

    async def is_deleted() -> bool:
        return await count_rows() == 1

    ok(await anna.delete(f"/chats/{club}/messages/1"))
    await eventually(is_deleted)
    assert (await download(boris, second["url"])).content == data
    ok(await anna.delete(f"/chats/{club}/messages/2"))

    async def are_gone() -> bool:
        paths = [one.path async for one in store.list("files")]
        return f"files/{first['sha256']}" not in paths and await count_rows() == 0

    await eventually(are_gone)
    assert await connection.fetchval("SELECT sum(bytes) FROM attachment_usage") == 0


async def test_a_deleted_chat_takes_its_files_with_it(
    anna: FakeClient, club: str, connection: Connection, container: Container
) -> None:
    one = await ready(anna, b"one")
    ok(await send(anna, club, one["id"]))
    ok(await anna.delete(f"/chats/{club}"))
    problem(await download(anna, one["url"]), 404, "not_found")

    async def are_marked() -> bool:
        return not await connection.fetchval("SELECT count(*) FROM message_attachment")

    await eventually(are_marked)
    await collect(container)

    async def are_gone() -> bool:
        return not await connection.fetchval("SELECT count(*) FROM attachment")

    await eventually(are_gone)


async def test_the_files_of_a_chat_are_listed_page_by_page(anna: FakeClient, boris: FakeClient, club: str) -> None:
    ids = [(await upload(anna, b"text", f"{number}.txt"))["id"] for number in range(5)]
    for one in ids:
        await processed(anna, one)
    ok(await send(anna, club, *ids[:3]))
    ok(await send(anna, club, *ids[3:]))
    seen: list[tuple[int, str]] = []
    more: dict[str, str] = {}
    while True:
        page = ok(await boris.get(f"/chats/{club}/attachments", limit=2, **more))
        seen += [(item["seq"], item["attachment"]["id"]) for item in page["items"]]
        if page["next_cursor"] is None:
            break
        more = {"cursor": page["next_cursor"]}
    assert seen == [(2, ids[3]), (2, ids[4]), (1, ids[0]), (1, ids[1]), (1, ids[2])]
    assert ok(await boris.get(f"/chats/{club}/attachments", kind="image"))["items"] == []
    assert len(ok(await boris.get(f"/chats/{club}/attachments", kind="file"))["items"]) == 5
    for forged in ((2**63, 0), (-1, 0), (1, 2**31), (1, -(2**31)), (1, 1)):
        cursor = encode_cursor(*forged, of="attachments")
        problem(await boris.get(f"/chats/{club}/attachments", cursor=cursor), 422, "validation_error")


async def test_addresses_of_a_page_are_asked_for_at_once(anna: FakeClient) -> None:
    ids = [(await ready(anna, bytes([number])))["id"] for number in range(3)]
    items = ok(await anna.post("/attachments/urls", {"ids": [ids[2], str(uuid4()), ids[0]]}))["items"]
    assert [item["id"] for item in items] == [ids[2], ids[0]]
    assert [(await download(anna, item["url"])).content for item in items] == [b"\x02", b"\x00"]
    problem(await anna.post("/attachments/urls", {"ids": ids * 34}), 422, "validation_error")
