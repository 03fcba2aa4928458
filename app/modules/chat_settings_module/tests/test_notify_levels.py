"""Which messages of a chat notify its members, for the modules that notify them."""

from collections.abc import Collection
from functools import partial
from uuid import UUID

import pytest

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.chats_module.extension import NotifyLevel, NotifyLevels, find_notify_levels
from app.modules.streams_module.services.log import now
from app.services.context import Context, work_context
from app.utils.container import Container
from app.utils.module import Module, Modules
from tests.fakers import FakeClient, ok


async def levels_of(container: Container, chat_id: str, *members: FakeClient) -> list[NotifyLevel]:
    async with open_unit_of_work(container.get(Database)) as work:
        context = await work_context(work, container, now())
        levels = await find_notify_levels(context, UUID(chat_id), [one.uuid for one in members])
    return [levels[one.uuid] for one in members]


@pytest.mark.parametrize(
    ("muted_until", "notify", "level"),
    [
        (None, "all", "all"),
        (None, "mentions", "mentions"),
        (None, "none", "none"),
        ("2100-01-01T00:00:00Z", "all", "mentions"),
        ("2100-01-01T00:00:00Z", "none", "none"),
        ("2020-01-01T00:00:00Z", "all", "all"),
    ],
)
async def test_a_muted_chat_notifies_of_mentions_only(
    anna: FakeClient,
    boris: FakeClient,
    club: str,
    container: Container,
    muted_until: str | None,
    notify: str,
    level: str,
) -> None:
    ok(await anna.put(f"/chats/{club}/settings", {"muted_until": muted_until, "notify": notify}))
    assert await levels_of(container, club, anna, boris) == [level, "all"]


async def test_the_lowest_level_of_all_modules_counts(anna: FakeClient, club: str, container: Container) -> None:
    ok(await anna.put(f"/chats/{club}/settings", {"notify": "mentions"}))
    before = container.get(Modules)
    expected: dict[NotifyLevel, NotifyLevel] = {"all": "mentions", "none": "none"}
    for level, lowest in expected.items():
        other = Module(name="other", description="Another", contributes=(NotifyLevels("other", partial(_find, level)),))
        container.replace(Modules, Modules((*before, other)))
        assert await levels_of(container, club, anna) == [lowest]
    container.replace(Modules, before)


async def _find(level: NotifyLevel, _: Context, __: UUID, account_ids: Collection[UUID]) -> dict[UUID, NotifyLevel]:
    return dict.fromkeys(account_ids, level)
