"""Values of parts: empty ones are neither prepared nor stored, and all of them are JSON."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.messages_module.extension import MessagePart, Messages, PartRequest, StoredPart
from app.modules.messages_module.schemas.models import message_models
from app.modules.messages_module.tests.app_with_parts import app_with_parts
from app.services.context import Context
from app.utils.module import Modules
from tests.fakers import FakeClient, as_sent, ok

prepared: list[tuple[Any, Any]] = []
stored: list[tuple[int, Any]] = []


async def prepare_colour(context: Context, requests: Sequence[PartRequest]) -> Sequence[Any]:
    prepared.extend((request.value, request.server_value) for request in requests)
    values = [request.server_value or request.value for request in requests]
    return ["" if value == "transparent" else value for value in values]


async def store_colour(context: Context, parts: Sequence[StoredPart]) -> None:
    stored.extend((part.seq, part.value) for part in parts)


class Place(BaseModel):
    town: str
    since: datetime


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
VALUES = {
    "set": ({7}, [7]),
    "time": (NOON, "2026-01-01T12:00:00Z"),
    "model": ([Place(town="Псков", since=NOON)], [{"town": "Псков", "since": "2026-01-01T12:00:00Z"}]),
    "id": ({"id": UUID(int=1)}, {"id": str(UUID(int=1))}),
}
"""Values that are no JSON, and the JSON that readers get, by the text of a message."""


def derive_value(request: Any) -> Any:
    return VALUES[request.text][0] if request.text in VALUES else None


async def prepare_value(context: Context, requests: Sequence[PartRequest]) -> Sequence[Any]:
    return [VALUES[request.value][0] for request in requests]


PARTS = (
    MessagePart("colour", str, str, empty="", prepare=prepare_colour, store=store_colour),
    MessagePart("derived", Any, derive=derive_value),
    MessagePart("looked_up", Any, str, prepare=prepare_value),
    MessagePart("given", Any),
)

app = app_with_parts


@pytest.fixture(autouse=True)
def _nothing_stored() -> None:
    prepared.clear()
    stored.clear()


async def test_an_empty_value_of_a_new_message_is_neither_prepared_nor_stored(
    anna: FakeClient, club: str, app: FastAPI
) -> None:
    await anna.send(club, colour="")
    create = message_models(app.state.container.get(Modules)).create
    messages = app.state.container.get(Messages)
    await messages.post(UUID(club), anna.uuid, create(text="от сервера"), server_parts={"colour": ""})
    await anna.send(club, colour="red")
    assert prepared == [("red", None)]
    assert stored == [(3, "red")]


async def test_a_value_that_is_prepared_as_empty_is_not_stored(anna: FakeClient, club: str) -> None:
    assert (await anna.send(club, colour="transparent"))["colour"] == ""
    assert (prepared, stored) == ([("transparent", None)], [])


@pytest.mark.parametrize("name", VALUES)
async def test_a_value_of_a_part_is_the_same_json_in_events_and_in_the_history(
    anna: FakeClient, club: str, app: FastAPI, name: str
) -> None:
    value, shown = VALUES[name]
    create = message_models(app.state.container.get(Modules)).create
    messages = app.state.container.get(Messages)
    request = create(text=name, looked_up=name)  # type: ignore[call-arg]
    sent = orjson.loads((await messages.post(UUID(club), anna.uuid, request, server_parts={"given": value})).body)
    for message in (sent, ok(await anna.get(f"/chats/{club}/messages/1")), (await anna.events(club))[-1]["data"]):
        assert [message[part] for part in ("derived", "looked_up", "given")] == [shown] * 3
    # Nothing is written if the server sets the value that the message has.
    head = len(await anna.events(club))
    async with open_unit_of_work(app.state.container.get(Database)) as work:
        for part in ("derived", "looked_up", "given"):
            await messages.set_part(work, UUID(club), 1, part, value)
    assert len(await anna.events(club)) == head


async def test_a_value_that_is_no_json_is_an_error_that_names_the_part(
    anna: FakeClient, club: str, app: FastAPI
) -> None:
    sent = await anna.send(club)
    messages = app.state.container.get(Messages)
    with pytest.raises(TypeError, match="'given'"):
        async with open_unit_of_work(app.state.container.get(Database)) as work:
            await messages.set_part(work, UUID(club), 1, "given", object())
    create = message_models(app.state.container.get(Modules)).create
    with pytest.raises(TypeError, match="'given'"):
        await messages.post(UUID(club), anna.uuid, create(text="?"), server_parts={"given": object()})
    assert as_sent(ok(await anna.get(f"/chats/{club}/messages"))["items"][-1]) == sent
