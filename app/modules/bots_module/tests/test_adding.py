"""Whom an account cannot add to chats, its bots cannot add, nor more members than it."""

from dataclasses import replace

import pytest
from fastapi import FastAPI

from app.fastapi_engine.constructor import build_app
from app.modules.bots_module.tests.bots import create_bot
from app.settings import Settings
from app.settings.sizes_settings import SizesSettings
from tests.fakers import FakeClient, ok, problem
from tests.rates import limited
from tests.servers import served


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """An application with a low limit."""
    return build_app(replace(settings, sizes=SizesSettings(chats_added_by_one=2)))


async def test_the_accounts_that_a_bot_adds_count_for_its_owner(anna: FakeClient, boris: FakeClient) -> None:
    bot = await create_bot(boris)
    clubs = [await boris.open_chat(bot) for _ in range(2)]
    for club in clubs:
        ok(await boris.patch(f"/chats/{club}/members/{bot.id}", {"role": "admin"}))
    await boris.open_chat(anna)
    first, second = (f"/chats/{club}/members" for club in clubs)
    ok(await bot.post(first, {"account_ids": [anna.id]}))
    for user in (bot, boris):
        problem(await user.post(second, {"account_ids": [anna.id]}), 409, "conflict")


@pytest.mark.parametrize("rate", [{"add_members": "2/hour"}, {"add_people": "4/hour"}], ids=["calls", "members"])
async def test_members_that_bots_add_count_for_the_rate_limits_of_their_owner(
    settings: Settings, rate: dict[str, str]
) -> None:
    async with served(build_app(limited(settings, **rate))) as http:
        anna, boris, clara = [await FakeClient.sign_up(http, name) for name in ("anna", "boris", "clara")]
        bots = [await create_bot(boris) for _ in range(2)]
        # Both count as added members.
        members = f"/chats/{await boris.open_chat(*bots)}/members"
        for bot in bots:
            ok(await boris.patch(f"{members}/{bot.id}", {"role": "admin"}))
        for bot, user in zip(bots, (anna, clara), strict=True):
            ok(await bot.post(members, {"account_ids": [user.id]}))
        for user in (*bots, boris):
            problem(await user.post(members, {"account_ids": [anna.id]}), 429, "rate_limited")
