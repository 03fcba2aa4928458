"""What an account owns passes to others when it is deactivated."""

from datetime import timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import httpx
import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.accounts_module.services import erasure
from app.modules.bots_module.tests.bots import create_bot
from app.modules.chats_module.schemas import ChatCreate
from app.modules.chats_module.services.chats import create_chat
from app.modules.chats_module.services.rules import MemberRules
from app.modules.jobs_module.extension import JobContext, Jobs
from app.modules.leaving_module.db import find_owned_chat
from app.modules.leaving_module.services import HAND_OVER
from app.modules.leaving_module.tests.leaving import leave
from app.modules.streams_module.services.log import Log, now
from app.settings.sizes_settings import SizesSettings
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, eventually, ok, problem

pytestmark = pytest.mark.usefixtures("erasing_at_once")


async def until_owned(viewer: FakeClient, owner: FakeClient, *chats: str) -> None:
    async def is_owned() -> bool:
        return {ok(await viewer.get(f"/chats/{chat}"))["owner_id"] for chat in chats} == {owner.id}

    await eventually(is_owned)


async def test_owned_chats_pass_to_the_longest_standing_admin_then_member_then_reader(
    anna: FakeClient, server: httpx.AsyncClient
) -> None:
    reader, member, admin, newer_admin = [await FakeClient.sign_up(server) for _ in range(4)]
    club = await anna.open_chat()
    for joined, role in ((reader, "reader"), (member, "member"), (admin, "admin"), (newer_admin, "admin")):
        ok(await anna.post(f"/chats/{club}/members", {"account_ids": [joined.id], "role": role}))
    for owner, successor in pairwise((anna, admin, newer_admin, member, reader)):
        await leave(owner)
        await until_owned(reader, successor, club)
    assert len(ok(await reader.get(f"/chats/{club}/members"))["items"]) == 5


async def test_owned_chats_pass_to_no_member_who_is_leaving_while_others_are_there(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str
) -> None:
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [clara.id], "role": "admin"}))
    only_with_clara = await anna.open_chat(clara)
    await leave(clara)
    await leave(anna)
    await until_owned(boris, boris, club)
    await clara.sign_in()
    await until_owned(clara, clara, only_with_clara)


async def test_a_deactivated_account_does_not_become_the_owner_of_a_chat(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    await leave(boris)
    path = f"/chats/{club}/members/{boris.id}"
    problem(await anna.patch(path, {"role": "owner"}), 409, "conflict")
    assert ok(await anna.get(f"/chats/{club}"))["owner_id"] == anna.id
    ok(await anna.patch(path, {"role": "admin"}))
    await boris.sign_in()
    ok(await anna.patch(path, {"role": "owner"}))


async def test_a_chat_that_another_process_creates_for_a_deactivated_account_passes_to_others(
    anna: FakeClient, boris: FakeClient, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It learns a moment later that the session has ended."""
    monkeypatch.setattr(erasure, "TOKENS_END_AFTER", timedelta(hours=1))
    await leave(anna)

    async def waits() -> bool:
        found = await rows(container, "SELECT run_at > now() AS waits FROM job WHERE name = 'leaving.hand_over'")
        return [job["waits"] for job in found] == [True]

    await eventually(waits)
    group = ChatCreate(type="group", member_ids=[boris.uuid])
    async with open_unit_of_work(container.get(Database)) as work:
        given = container.get(Log), container.get(SizesSettings), container.get(MemberRules)
        chat_id, _ = await create_chat(work, *given, anna.uuid, group)
        assert await container.get(Jobs).reschedule(work, HAND_OVER, anna.id, now(), owner_id=anna.uuid)
    await until_owned(boris, boris, str(chat_id))


async def test_a_hand_over_ends_in_a_process_whose_clock_is_behind(
    anna: FakeClient, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "TOKENS_END_AFTER", timedelta(seconds=0.2))
    monkeypatch.setattr(JobContext, "at", property(lambda _: now() - timedelta(hours=1)))
    await leave(anna)

    async def has_ended() -> bool:
        return await rows(container, "SELECT FROM job WHERE name = 'leaving.hand_over'") == []

    await eventually(has_ended)


async def test_chats_are_handed_over_in_turns_that_pass_over_those_without_another_person(
    anna: FakeClient, boris: FakeClient, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "TURN", 0.0)
    bot = await create_bot(anna)
    ids = sorted(str(uuid4()) for _ in range(6))
    for chat_id in ids[:3]:
        await anna.open_chat(id=chat_id)
    await anna.open_chat(bot, id=ids[3])
    for chat_id in ids[4:]:
        await anna.open_chat(boris, id=chat_id)
    assert await find_owned_chat(connection, anna.uuid, UUID(int=0)) == UUID(ids[4])
    await leave(anna)
    await until_owned(boris, boris, *ids[4:])
