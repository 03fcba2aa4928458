"""Earlier texts of edited messages."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.messages_module.extension import Messages
from app.modules.versions_module.module import module
from app.modules.versions_module.settings import VersionsSettings
from app.utils.container import Container
from tests.busy import when_not_busy
from tests.databases import rows
from tests.fakers import FakeClient, eventually, ok, problem


async def edit(user: FakeClient, chat_id: str, text: str, seq: int = 1) -> dict[str, Any]:
    return ok(await when_not_busy(lambda: user.patch(f"/chats/{chat_id}/messages/{seq}", {"text": text})))


async def versions(user: FakeClient, chat_id: str, seq: int = 1) -> list[dict[str, Any]]:
    return list(ok(await user.get(f"/chats/{chat_id}/messages/{seq}/versions"))["items"])


async def test_the_sender_and_admins_read_what_an_edit_replaced(anna: FakeClient, boris: FakeClient, club: str) -> None:
    sent = await boris.send(club, "Встреча в семь 🎬")
    assert await versions(boris, club) == []
    first = await edit(boris, club, "Встреча в восемь")
    await edit(boris, club, "Встречи не будет")
    kept = [
        {"text": "Встреча в восемь", "written_at": first["edited_at"]},
        {"text": "Встреча в семь 🎬", "written_at": sent["created_at"]},
    ]
    assert await versions(boris, club) == await versions(anna, club) == kept
    assert "в семь" not in str(await anna.events(club))


async def test_other_members_and_strangers_do_not_read_them(
    anna: FakeClient, boris: FakeClient, stranger: FakeClient, club: str
) -> None:
    await anna.send(club, "Было")
    await edit(anna, club, "Стало")
    path = f"/chats/{club}/messages/1/versions"
    problem(await boris.get(path), 403, "forbidden")
    problem(await stranger.get(path), 404, "not_found")
    problem(await anna.get(f"/chats/{club}/messages/2/versions"), 404, "not_found")
    problem(await anna.get(f"/chats/{uuid4()}/messages/1/versions"), 404, "not_found")
    ok(await anna.patch(f"/chats/{club}/members/{boris.id}", {"role": "admin"}))
    assert [version["text"] for version in await versions(boris, club)] == ["Было"]


async def test_in_a_direct_chat_only_the_sender_reads_them(anna: FakeClient, boris: FakeClient) -> None:
    chat_id = await anna.open_chat(boris, type="direct")
    await anna.send(chat_id, "Было")
    await edit(anna, chat_id, "Стало")
    assert [version["text"] for version in await versions(anna, chat_id)] == ["Было"]
    problem(await boris.get(f"/chats/{chat_id}/messages/1/versions"), 403, "forbidden")


async def test_the_same_text_again_is_no_version(anna: FakeClient, club: str) -> None:
    await anna.send(club, "Одно")
    for text in ("Одно", "Другое", "Другое", "Одно"):
        await edit(anna, club, text)
    assert [version["text"] for version in await versions(anna, club)] == ["Другое", "Одно"]


async def test_a_text_keeps_its_time_when_only_the_format_is_edited(anna: FakeClient, club: str) -> None:
    async def change_format(text_format: str) -> None:
        ok(await anna.patch(f"/chats/{club}/messages/1", {"text_format": text_format}))

    sent = await anna.send(club, "Одно")
    for text_format in ("markdown", "plain"):
        await change_format(text_format)
    assert await versions(anna, club) == []
    second = await edit(anna, club, "Другое")
    await change_format("markdown")
    await edit(anna, club, "Третье")
    assert await versions(anna, club) == [
        {"text": "Другое", "written_at": second["edited_at"]},
        {"text": "Одно", "written_at": sent["created_at"]},
    ]


@pytest.mark.parametrize("formats", [["markdown"], ["markdown", "plain"]])
async def test_a_text_keeps_its_time_when_an_older_server_has_edited_the_format(
    anna: FakeClient, club: str, container: Container, formats: list[str]
) -> None:
    sent = await anna.send(club, "Одно")
    for text_format in formats:
        ok(await anna.patch(f"/chats/{club}/messages/1", {"text_format": text_format}))
        # As that server writes it.
        await rows(container, "UPDATE message_version SET text = '' WHERE number = 0")
    await edit(anna, club, "Другое")
    assert await versions(anna, club) == [{"text": "Одно", "written_at": sent["created_at"]}]


async def test_the_oldest_texts_are_deleted_beyond_the_limit(anna: FakeClient, club: str, container: Container) -> None:
    kept = container.get(VersionsSettings).kept
    await anna.send(club, "0")
    for number in range(1, kept + 4):
        await edit(anna, club, str(number))
    texts = [version["text"] for version in await versions(anna, club)]
    assert texts == [str(number) for number in range(kept + 2, 2, -1)]


async def test_simultaneous_edits_leave_each_replaced_text_once(anna: FakeClient, club: str) -> None:
    await anna.send(club, "0")
    await asyncio.gather(*(edit(anna, club, str(number)) for number in range(1, 9)))
    last = ok(await anna.get(f"/chats/{club}/messages/1"))["text"]
    texts = [version["text"] for version in await versions(anna, club)]
    assert sorted([*texts, last]) == [str(number) for number in range(9)]


async def test_a_deletion_deletes_them(anna: FakeClient, club: str, container: Container) -> None:
    for text in ("раз", "два", "три"):
        seq = (await anna.send(club, text))["seq"]
        await edit(anna, club, text.upper(), seq)
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    messages = container.get(Messages)  # type: ignore[type-abstract]
    async with open_unit_of_work(container.get(Database)) as work:
        await messages.erase(work, UUID(club), [2], reason="expired")
    assert [await versions(anna, club, seq) for seq in (1, 2)] == [[], []]
    assert [row["text"] for row in await rows(container, "SELECT text FROM message_version")] == ["три"]


async def test_a_deleted_chat_leaves_none(anna: FakeClient, club: str, container: Container) -> None:
    await anna.send(club, "Было")
    await edit(anna, club, "Стало")
    ok(await anna.delete(f"/chats/{club}"))

    async def is_purged() -> bool:
        return not await rows(container, "SELECT text FROM message_version")

    await eventually(is_purged)


async def test_texts_of_messages_deleted_without_the_module_are_not_shown_and_are_deleted_by_doctor(
    anna: FakeClient, club: str, container: Container
) -> None:
    await anna.send(club, "Было")
    await edit(anna, club, "Стало")
    invariant, _ = module.invariants
    assert await rows(container, invariant.find) == []
    await rows(container, "UPDATE message SET deleted_at = now()")
    assert await versions(anna, club) == []
    (found,) = await rows(container, invariant.find)
    await rows(container, invariant.fix[0], [found["stream_id"]])
    assert await rows(container, "SELECT text FROM message_version") == []
