"""Avatars of chats that are deleted."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.accounts_module.extension import AccountHook
from app.modules.attachments_module.services.avatars import AVATARS
from app.modules.attachments_module.settings import AttachmentSettings
from app.modules.attachments_module.tests.pictures import picture
from app.modules.attachments_module.tests.uploading import collect, ready
from app.modules.chats_module.services.chats import mark_deleted
from app.modules.streams_module.services.log import Log
from app.services.context import work_context
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, eventually, ok
from tests.manage import manage


@pytest.fixture
async def shown(anna: FakeClient, club: str) -> str:
    """A chat with an avatar."""
    image = await ready(anna, picture("PNG", (40, 20)), "лицо.png")
    ok(await anna.put(f"/chats/{club}/avatar", {"attachment_id": image["id"]}))
    return club


async def test_the_avatar_of_a_deleted_chat_is_deleted(anna: FakeClient, shown: str, container: Container) -> None:
    ok(await anna.delete(f"/chats/{shown}"))

    async def is_gone() -> bool:
        return not await rows(container, "SELECT FROM chat_avatar UNION ALL SELECT FROM attachment")

    await eventually(is_gone)


async def test_nothing_follows_the_deletion_of_a_chat_whose_avatar_is_erased_with_an_account(
    anna: FakeClient, shown: str, container: Container
) -> None:
    log, chat_id = container.get(Log), UUID(shown)
    (hook,) = (part for part in AVATARS if isinstance(part, AccountHook))
    async with open_unit_of_work(container.get(Database)) as work:
        await log.lock(work, chats=[chat_id])
        await mark_deleted(work, log, chat_id, anna.uuid)
        assert await hook.erase(await work_context(work, container, datetime.now(UTC)), anna.uuid, "delete", 1)
    assert await rows(container, "SELECT FROM chat_avatar") == []
    (last,) = await rows(container, "SELECT kind FROM event WHERE stream_id = $1 ORDER BY seq DESC LIMIT 1", chat_id)
    assert last["kind"] == "chat.deleted"


async def test_an_avatar_that_a_server_without_this_module_left_of_a_deleted_chat_is_removed(
    shown: str, container: Container, database_address: DatabaseAddress
) -> None:
    await rows(container, "UPDATE chat SET deleted_at = now(), purged_at = now() WHERE id = $1", UUID(shown))
    await rows(container, "DELETE FROM chat_member WHERE chat_id = $1", UUID(shown))
    await rows(container, "DELETE FROM account_chat WHERE chat_id = $1", UUID(shown))
    store = container.get(AttachmentSettings).store

    async def fix() -> str:
        command = ("doctor", "--least-free-mb=0", "--fix", "--yes")
        return (await manage(database_address, *command, ATTACHMENT_STORE=store)).output

    first, second = await fix(), await fix()
    assert f"✗ nothing of a deleted chat is left in chat_avatar\n    {shown}: it was purged at " in first
    # Its file is found now.
    assert "✗ a file that no message carries is collected some day, or is an avatar" in second
    assert "no problems found" in second
    await collect(container)

    async def is_gone() -> bool:
        return not await rows(container, "SELECT FROM chat_avatar UNION ALL SELECT FROM attachment")

    await eventually(is_gone)
