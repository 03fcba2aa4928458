"""Parts that stay with deleted messages, and values of parts that the server gives with a send."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
import pytest
from fastapi import FastAPI

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.messages_module.extension import AS_STORED, Kept, MessagePart, Messages, PartRequest, StoredPart
from app.modules.messages_module.schemas.models import message_models
from app.modules.messages_module.tests.app_with_parts import app_with_parts
from app.services.context import Context
from app.utils.module import Modules
from tests.databases import rows
from tests.fakers import FakeClient, ok, problem

stored: list[StoredPart] = []


def is_shouting(request: Any) -> bool:
    return str(request.text).isupper()


async def prepare_source(context: Context, requests: Sequence[PartRequest]) -> Sequence[Any]:
    """Only part of what the server gives is shown."""
    return [request.server_value.split("/")[0] for request in requests]


async def store_source(context: Context, parts: Sequence[StoredPart]) -> None:
    stored.extend(parts)


PARTS = (
    MessagePart("importance", str, str, empty="normal"),
    MessagePart("shouting", bool, empty=False, derive=is_shouting),
    MessagePart("place", str | None, str, redacted=AS_STORED),
    MessagePart("visit", str | None, str, redacted=Kept(lambda value: value.split("/")[0])),
    MessagePart("source", str | None, forbids_edits=True, prepare=prepare_source, store=store_source),
)

app = app_with_parts


@pytest.fixture(autouse=True)
def _nothing_stored() -> None:
    stored.clear()


async def test_a_part_that_is_no_content_stays_with_a_deleted_message(anna: FakeClient, club: str) -> None:
    await anna.send(club, "Секрет", place="сад", visit="вторник/секрет", importance="high")
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    shown = [event["data"] for event in await anna.events(club) if event["kind"].startswith("message.")]
    shown.append(ok(await anna.get(f"/chats/{club}/messages/1")))
    assert [[message[name] for name in ("text", "place", "visit", "importance")] for message in shown] == [
        ["", "сад", "вторник", "normal"]
    ] * 3


async def test_a_part_that_a_message_does_not_have_stays_empty_when_it_is_deleted(anna: FakeClient, club: str) -> None:
    await anna.send(club, "Секрет")
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    message = ok(await anna.get(f"/chats/{club}/messages/1"))
    assert [message["place"], message["visit"]] == [None, None]


async def test_a_value_given_by_the_server_is_prepared_stored_and_forbids_edits(
    anna: FakeClient, club: str, app: FastAPI
) -> None:
    messages = app.state.container.get(Messages)
    create = message_models(app.state.container.get(Modules)).create
    values = {"source": "архив/секрет", "shouting": True}
    sent = await messages.post(UUID(club), anna.uuid, create(text="тихо"), server_parts=values)
    shown = orjson.loads(sent.body)
    assert (shown["source"], shown["shouting"]) == ("архив", True)
    assert [(part.seq, part.value, part.server_value) for part in stored] == [(1, "архив", "архив/секрет")]
    problem(await anna.patch(f"/chats/{club}/messages/1", {"text": "иначе"}), 409, "conflict")
    await anna.send(club)
    assert len(stored) == 1


@pytest.mark.parametrize("change", ["a part", "a deletion"])
async def test_the_log_of_a_deleted_chat_ends_with_its_deletion(
    anna: FakeClient, club: str, app: FastAPI, change: str
) -> None:
    """The last event is kept for late readers, so that no event of a message may follow."""
    container = app.state.container
    await anna.send(club, "Секрет", place="сад")
    # As while the rows are being deleted.
    await rows(container, "UPDATE chat SET deleted_at = now() WHERE id = $1", UUID(club))
    async with open_unit_of_work(container.get(Database)) as work:
        if change == "a part":
            await container.get(Messages).set_part(work, UUID(club), 1, "place", "дом")
        else:
            await container.get(Messages).erase(work, UUID(club), [1], reason="test")
    kinds = await rows(container, "SELECT kind FROM event WHERE stream_id = $1 ORDER BY seq", UUID(club))
    assert kinds[-1]["kind"] == "message.created"
