"""Fields of messages and chats whose values are models: readers get their JSON."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from uuid import UUID

import httpx
from pydantic import BaseModel

from app.modules.chats_module.extension import ChatPart
from app.modules.messages_module.extension import MessagePart, MessageView
from app.modules.messages_module.tests.app_with_parts import app_with_parts
from app.services.context import Context
from tests.fakers import FakeClient, ok


class Importance(Enum):
    NORMAL = "normal"
    HIGH = "high"


class Vote(BaseModel):
    question: str
    ends_at: datetime


def shown(question: str) -> dict[str, str]:
    return {"question": question, "ends_at": "2026-01-01T12:00:00Z"}


def vote(question: str) -> Vote:
    return Vote(question=question, ends_at=datetime(2026, 1, 1, 12, tzinfo=UTC))


async def describe_messages(
    context: Context, viewer_id: UUID, messages: Sequence[tuple[UUID, int]]
) -> Mapping[tuple[UUID, int], Vote]:
    return {message: vote("described") for message in messages}


async def describe_chats(context: Context, viewer_id: UUID, chat_ids: Sequence[UUID]) -> Mapping[UUID, Vote]:
    return {chat_id: vote("of the chat") for chat_id in chat_ids}


PARTS = (
    MessagePart("vote", Vote, Vote, empty=vote("empty"), redacted=vote("deleted")),
    MessagePart("importance", Importance, Importance, Importance, empty=Importance.NORMAL),
    MessageView("described", Vote | None, describe=describe_messages),
    MessageView("by_sql", Vote, empty=vote("empty"), sql="NULL::json"),
    ChatPart("vote", Vote | None, describe=describe_chats),
)

app = app_with_parts


async def test_an_empty_part_is_the_same_json_in_events_and_in_the_history(anna: FakeClient, club: str) -> None:
    sent = await anna.send(club)
    read = ok(await anna.get(f"/chats/{club}/messages/1"))
    for message in (sent, read, (await anna.events(club))[-1]["data"]):
        assert (message["vote"], message["importance"]) == (shown("empty"), "normal")


async def test_a_part_of_a_deleted_message_is_the_same_json_in_events_and_in_the_history(
    anna: FakeClient, club: str
) -> None:
    await anna.send(club, vote=shown("Когда?"), importance="high")
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    events = [event["data"] for event in await anna.events(club) if event["kind"].startswith("message.")]
    for message in (ok(await anna.get(f"/chats/{club}/messages/1")), *events):
        assert (message["vote"], message["importance"]) == (shown("deleted"), "normal")


async def test_an_edit_to_the_value_that_a_message_without_the_part_shows_changes_nothing(
    anna: FakeClient, club: str
) -> None:
    await anna.send(club)
    head = len(await anna.events(club))
    assert ok(await anna.patch(f"/chats/{club}/messages/1", {"importance": "normal"}))["edited_at"] is None
    assert len(await anna.events(club)) == head


async def test_a_view_of_messages_may_be_a_model(anna: FakeClient, club: str) -> None:
    await anna.send(club)
    (message,) = ok(await anna.get(f"/chats/{club}/messages"))["items"]
    assert (message["described"], message["by_sql"]) == (shown("described"), shown("empty"))


async def test_a_field_of_chats_may_be_a_model(anna: FakeClient, club: str) -> None:
    for chat in (ok(await anna.get(f"/chats/{club}")), *ok(await anna.get("/chats"))["items"]):
        assert chat["vote"] == shown("of the chat")


async def test_the_documents_show_models_as_readers_get_them(server: httpx.AsyncClient) -> None:
    rest, socket = [ok(await server.get(f"/{name}.json"))["components"]["schemas"] for name in ("openapi", "asyncapi")]
    for example in (rest["MessageRead"]["example"], *socket["MessagePayload"]["examples"]):
        assert (example["vote"], example["importance"]) == (shown("empty"), "normal")
