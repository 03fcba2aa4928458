"""Erased accounts and the earlier texts of their messages."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.accounts_module.extension import Erasure
from app.modules.accounts_module.services import erasure
from app.modules.accounts_module.tests.erasing import erase
from app.utils.container import Container
from tests.fakers import FakeClient, ok


@pytest.fixture
async def connection(container: Container, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Connection]:
    """A connection beside the application's. Erasures do not wait for tokens to end."""
    monkeypatch.setattr(erasure, "TOKENS_END_AFTER", timedelta(0))
    connection = await container.get(Database).connect()
    yield connection
    await connection.close()


@pytest.mark.parametrize("mode", ["keep", "delete"])
async def test_an_erased_account_leaves_no_earlier_texts(
    container: Container, connection: Connection, anna: FakeClient, boris: FakeClient, club: str, mode: Erasure
) -> None:
    for user in (anna, boris):
        seq = (await user.send(club, f"Было у {user.username}"))["seq"]
        ok(await user.patch(f"/chats/{club}/messages/{seq}", {"text": "Стало"}))
    await erase(container, connection, boris, mode)
    kept = await connection.fetch("SELECT sender_id FROM message_version")
    assert [row["sender_id"] for row in kept] == [anna.uuid]
    assert ok(await anna.get(f"/chats/{club}/messages/2/versions"))["items"] == []
