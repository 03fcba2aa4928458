"""Erased accounts and the earlier texts of their messages."""

import pytest

from app.adapters.db.connection import Connection
from app.modules.accounts_module.extension import Erasure
from app.modules.accounts_module.tests.erasing import erase
from app.utils.container import Container
from tests.fakers import FakeClient, ok

pytestmark = pytest.mark.usefixtures("erasing_at_once")


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
