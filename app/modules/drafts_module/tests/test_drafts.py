"""Drafts."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.accounts_module.tests.erasing import erase_row_by_row
from app.modules.drafts_module.db import INVARIANTS
from app.modules.drafts_module.schemas import DraftUpdate
from app.modules.drafts_module.services import DRAFTS_OF_ACCOUNT, save_draft
from app.modules.messages_module.services.views import MessageViews
from app.modules.streams_module.services.log import Log
from app.utils.container import Container
from tests.busy import when_not_busy
from tests.databases import rows
from tests.fakers import FakeClient, ok, problem
from tests.waiting import begin_in_order, until_waiting

NOTHING = {"text": "", "reply_to_seq": None, "updated_at": None}


async def draft_of(user: FakeClient, chat_id: str) -> dict[str, Any]:
    return ok(await user.get(f"/chats/{chat_id}/draft"))


async def save(user: FakeClient, chat_id: str, text: str, reply_to_seq: int | None = None) -> dict[str, Any]:
    body = {"text": text, "reply_to_seq": reply_to_seq}
    return ok(await when_not_busy(lambda: user.put(f"/chats/{chat_id}/draft", body)))


async def changes(user: FakeClient) -> list[dict[str, Any]]:
    return [event for event in await user.own_events() if event["kind"] == "draft.changed"]


async def test_a_draft_is_seen_on_the_other_devices_of_its_author_only(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    assert await draft_of(anna, club) == NOTHING
    await boris.send(club)
    saved = await save(anna, club, " Привет 👋\n  ", 1)
    phone = await anna.another_device().sign_in()
    assert await draft_of(phone, club) == saved
    assert (saved["text"], saved["reply_to_seq"]) == (" Привет 👋\n  ", 1)
    assert await draft_of(boris, club) == NOTHING


async def test_its_event_has_no_text(anna: FakeClient, boris: FakeClient, club: str) -> None:
    saved = await save(anna, club, "Тайна")
    (event,) = await changes(anna)
    assert event["data"] == {"chat_id": club, "updated_at": saved["updated_at"]}
    assert event["at"] == saved["updated_at"]
    assert await changes(boris) == []
    assert "draft" not in str(await boris.events(club))


@pytest.mark.parametrize("text", ["", "  \n"])
async def test_an_empty_text_deletes_the_draft(anna: FakeClient, club: str, container: Container, text: str) -> None:
    await anna.send(club)
    await save(anna, club, "Привет", 1)
    assert await save(anna, club, text, 1) == NOTHING
    assert await draft_of(anna, club) == NOTHING
    assert await rows(container, "SELECT text FROM draft WHERE chat_id = $1", UUID(club)) == []
    assert len(await changes(anna)) == 2


async def test_saving_the_same_draft_again_changes_nothing(anna: FakeClient, club: str) -> None:
    saved = await save(anna, club, "Привет")
    assert await save(anna, club, "Привет") == saved
    assert await save(anna, club, "") == await save(anna, club, "") == NOTHING
    assert len(await changes(anna)) == 2


async def test_of_drafts_saved_at_once_one_is_kept_whole(anna: FakeClient, club: str) -> None:
    for _ in range(2):
        await anna.send(club)
    drafts = [("раз", 1), ("два", 2), ("три", None)]
    await asyncio.gather(*(save(anna, club, text, seq) for text, seq in drafts))
    kept = await draft_of(anna, club)
    assert (kept["text"], kept["reply_to_seq"]) in drafts
    assert (await changes(anna))[-1]["data"]["updated_at"] == kept["updated_at"]


async def test_deleting_a_message_deletes_the_drafts_that_reply_to_it(
    anna: FakeClient, boris: FakeClient, clara: FakeClient
) -> None:
    club = await anna.open_chat(boris, clara)
    for _ in range(2):
        await anna.send(club)
    for user in (anna, boris):
        await save(user, club, "Ответ", 1)
    kept = await save(clara, club, "Ответ", 2)
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    for user in (anna, boris):
        assert await draft_of(user, club) == NOTHING
        assert [event["data"]["chat_id"] for event in await changes(user)] == [club, club]
    assert await draft_of(clara, club) == kept
    assert len(await changes(clara)) == 1


@pytest.mark.parametrize("is_saved_first", [True, False])
async def test_no_draft_replies_to_a_message_deleted_meanwhile(
    anna: FakeClient, boris: FakeClient, club: str, container: Container, is_saved_first: bool
) -> None:
    await anna.send(club)
    saving = boris.put(f"/chats/{club}/draft", {"text": "Ответ", "reply_to_seq": 1})
    deleting = anna.delete(f"/chats/{club}/messages/1")
    calls = (saving, deleting) if is_saved_first else (deleting, saving)
    async with open_unit_of_work(container.get(Database)) as work:
        await container.get(Log).lock(work, chats=[UUID(club)])
        begun = await begin_in_order(container, *calls)
    statuses = [(await call).status_code for call in begun]
    assert statuses == ([200, 204] if is_saved_first else [204, 409])
    assert await draft_of(boris, club) == NOTHING


async def test_a_draft_that_has_lost_its_reply_while_the_message_is_deleted_is_kept(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    await anna.send(club)
    await save(boris, club, "Ответ", 1)
    async with open_unit_of_work(container.get(Database)) as work:
        log, views, draft = container.get(Log), container.get(MessageViews), DraftUpdate(text="Просто так")
        await save_draft(work, log, views, UUID(club), boris.uuid, draft)
        deleting = asyncio.create_task(anna.delete(f"/chats/{club}/messages/1"))
        await until_waiting(container, 1)
    ok(await deleting)
    assert (await draft_of(boris, club))["text"] == "Просто так"


async def test_a_draft_cannot_reply_to_what_is_deleted_or_missing(anna: FakeClient, club: str) -> None:
    await anna.send(club)
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    await save(anna, club, "Прежний")
    path = f"/chats/{club}/draft"
    problem(await anna.put(path, {"text": "Ответ", "reply_to_seq": 1}), 409, "conflict")
    for seq in (0, 2, 2**62):
        problem(await anna.put(path, {"text": "Ответ", "reply_to_seq": seq}), 422, "validation_error")
    assert (await draft_of(anna, club))["text"] == "Прежний"


async def test_a_draft_ends_with_the_membership(anna: FakeClient, boris: FakeClient, club: str) -> None:
    await save(boris, club, "Привет")
    ok(await boris.delete(f"/chats/{club}/members/{boris.id}"))
    problem(await boris.get(f"/chats/{club}/draft"), 404, "not_found")
    problem(await boris.put(f"/chats/{club}/draft", {"text": "Привет"}), 404, "not_found")
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [boris.id]}))
    assert await draft_of(boris, club) == NOTHING


async def test_erasing_an_account_deletes_its_drafts(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, container: Container
) -> None:
    chats = [await anna.open_chat(other, type="direct") for other in (boris, clara)]
    for chat_id in chats:
        await save(anna, chat_id, "Привет")
    kept = await save(boris, chats[0], "Привет")
    assert await erase_row_by_row(container, DRAFTS_OF_ACCOUNT, anna, 3) == [True, True, False]
    assert [await draft_of(anna, chat_id) for chat_id in chats] == [NOTHING, NOTHING]
    assert await draft_of(boris, chats[0]) == kept


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": None},
        {"text": "a" * 4001},
        {"text": "a\x00b"},
        {"text": "Привет", "reply_to_seq": "1"},
        {"text": "Привет", "title": "?"},
    ],
)
async def test_what_cannot_be_sent_cannot_be_a_draft(anna: FakeClient, club: str, body: Any) -> None:
    problem(await anna.put(f"/chats/{club}/draft", body), 422, "validation_error")
    assert await draft_of(anna, club) == NOTHING


async def test_the_draft_of_a_chat_that_does_not_exist_is_not_found(anna: FakeClient) -> None:
    problem(await anna.get(f"/chats/{uuid4()}/draft"), 404, "not_found")
    problem(await anna.put(f"/chats/{uuid4()}/draft", {"text": "Привет"}), 404, "not_found")


async def test_replies_to_messages_deleted_without_the_module_are_repaired(
    anna: FakeClient, club: str, container: Container
) -> None:
    await anna.send(club)
    await save(anna, club, "Ответ", 1)
    (invariant,) = INVARIANTS
    assert await rows(container, invariant.find) == []
    await rows(container, "UPDATE message SET deleted_at = now() WHERE chat_id = $1", UUID(club))
    assert [row["stream_id"] for row in await rows(container, invariant.find)] == [anna.uuid]
    await rows(container, invariant.fix[0], [anna.uuid])
    assert await rows(container, invariant.find) == []
