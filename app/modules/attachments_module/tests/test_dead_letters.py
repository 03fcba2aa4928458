"""A file whose processing fails for good is refused: no client waits for it for ever."""

from typing import Any
from uuid import UUID

import pytest

from app.adapters.db.connection import Connection
from app.modules.attachments_module.services import processing
from app.modules.attachments_module.services.processing import PROCESS
from app.modules.attachments_module.services.store import FileStore
from app.modules.attachments_module.tests.uploading import add, begin, processed
from app.utils.container import Container
from tests.fakers import FakeClient, eventually, ok


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """What puremagic would do with a file that it does not expect."""

    def sniff(head: bytes) -> str:
        raise RuntimeError("not expected")

    monkeypatch.setattr(processing, "sniff", sniff)


async def test_a_file_that_cannot_be_processed_is_refused_in_the_end(
    anna: FakeClient, boris: FakeClient, club: str, connection: Connection, container: Container, broken: None
) -> None:
    path = await begin(anna, 3)
    await add(anna, path, 0, b"abc")
    ok(await anna.post(f"/chats/{club}/messages", {"attachments": [path[1:]]}))

    async def has_failed() -> bool:
        return bool(await connection.fetchval("SELECT attempts FROM job WHERE name = $1", PROCESS.name))

    await eventually(has_failed)
    # Its last attempt is due.
    last = PROCESS.max_attempts - 1
    await connection.execute("UPDATE job SET attempts = $1, run_at = now() WHERE name = $2", last, PROCESS.name)
    found = await processed(anna, path[1:])
    assert (found["state"], found["reason"], found["url"]) == ("refused", "processing_failed", None)
    (shown,) = ok(await boris.get(f"/chats/{club}/messages/1"))["attachments"]
    assert shown["state"] == "refused"
    refusals: list[dict[str, Any]] = [
        event["data"] for event in await anna.own_events() if event["kind"] == "attachment.refused"
    ]
    assert [(one["id"], one["reason"]) for one in refusals] == [(path[1:], "processing_failed")]

    async def is_dead() -> bool:
        return bool(await connection.fetchval("SELECT state = 'dead' FROM job WHERE name = $1", PROCESS.name))

    await eventually(is_dead)
    assert [one.path async for one in container.get(FileStore).list(f"uploads{path}")] == []
    assert await connection.fetchval("SELECT bytes FROM attachment_usage WHERE account_id = $1", UUID(anna.id)) == 0
