"""What edits and reactions cost the other members of a chat is limited."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import pytest
from fastapi import FastAPI

from app.adapters.db.database import Database
from app.modules.messages_module.extension import MessageView
from app.services.context import Context
from app.settings import Settings
from app.utils.module import Module
from tests.fakers import FakeClient, ok, problem
from tests.rates import limited
from tests.servers import build_with


async def describe_lock(
    context: Context, viewer_id: UUID, messages: Sequence[tuple[UUID, int]]
) -> Mapping[tuple[UUID, int], bool]:
    """Says if the streams of the messages' chats are locked now."""
    free = "SELECT id FROM stream WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED"
    async with context.container.get(Database).connection() as connection:
        return {(chat_id, seq): not await connection.fetch(free, chat_id) for chat_id, seq in messages}


MODULE = Module(
    name="test",
    description="A view of this test",
    depends_on=("messages",),
    contributes=(MessageView("is_locked", bool | None, describe=describe_lock),),
)


@pytest.fixture
async def app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    return build_with(limited(settings, edit="2/hour", react="4/hour"), monkeypatch, MODULE)


async def test_edits_are_limited_per_account(anna: FakeClient, boris: FakeClient, club: str) -> None:
    await anna.send(club)
    await boris.send(club)
    for text in ("Раз", "Два"):
        ok(await anna.patch(f"/chats/{club}/messages/1", {"text": text}))
    problem(await anna.patch(f"/chats/{club}/messages/1", {"text": "Три"}), 429, "rate_limited")
    assert ok(await anna.get(f"/chats/{club}/messages/1"))["text"] == "Два"
    ok(await boris.patch(f"/chats/{club}/messages/2", {"text": "Раз"}))


async def test_reactions_added_and_removed_are_limited_per_account(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    await anna.send(club)
    path = f"/chats/{club}/messages/1/reactions/👍"
    for _ in range(2):
        ok(await anna.put(path))
        assert (await anna.delete(path)).status_code == 204
    for method in ("PUT", "DELETE"):
        problem(await anna.call(method, path), 429, "rate_limited")
    ok(await boris.put(path))


async def test_the_chat_is_not_locked_while_the_answer_to_a_reaction_is_made(anna: FakeClient, club: str) -> None:
    await anna.send(club)
    message = ok(await anna.put(f"/chats/{club}/messages/1/reactions/👍"))
    assert message["reactions"] == [{"emoji": "👍", "count": 1, "mine": True}]
    assert message["is_locked"] is False
