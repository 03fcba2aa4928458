"""People who are added to groups and channels are counted one by one."""

import pytest
from fastapi import FastAPI

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.fakers import FakeClient, ok, problem
from tests.rates import limited


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """An application with a low limit."""
    return build_app(limited(settings, add_people="4/hour"))


async def test_the_people_whom_an_account_adds_are_limited(
    anna: FakeClient, boris: FakeClient, clara: FakeClient
) -> None:
    chat = await anna.open_chat(boris, clara)
    people = {"account_ids": [boris.id, clara.id]}
    ok(await anna.post(f"/chats/{chat}/members", people))
    problem(await anna.post(f"/chats/{chat}/members", people), 429, "rate_limited")
    for kind in ("group", "channel"):
        problem(await anna.post("/chats", {"type": kind, "member_ids": [boris.id]}), 429, "rate_limited")
    # A group without others and a direct chat do not count.
    await anna.open_chat()
    await anna.open_chat(boris, type="direct")
