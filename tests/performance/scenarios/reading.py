"""The most frequent reads of clients: chats, new events, and polls without news."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack

from tests.performance import fill
from tests.performance.load import http
from tests.performance.outcome import Summary
from tests.performance.scenario import Contender, Ratio, Scenario
from tests.performance.world import API, World

_CONNECTIONS = 16
_CHATS = 1_500
_EVENTS = 10_000
_PAGE = "50 of 1,500 chats"


class Reading(Scenario):
    """`nothing new` is a poll of the account's own stream at its head: a token check, a connection and two rows by
    key."""

    name = "reading"
    title = "Reading, 16 connections"
    ratios = (
        Ratio("pages of 50 of 1,500 chats per second", lambda results: results[_PAGE].rate, at_least=500, goal=1000),
        Ratio("ms of the database for such a page", lambda results: _database_ms(results[_PAGE]), at_most=2, goal=1),
    )

    def contenders(self, world: World, stack: ExitStack) -> Mapping[str, Contender]:
        anna = world.sign_up()
        asyncio.run(fill.fill_chats(world.database, anna.id, _CHATS))
        boris = world.users[1]
        chat = world.open_chat(boris)
        asyncio.run(fill.fill_messages(world.database, chat, boris.id, _EVENTS))
        head = world.call(boris, "GET", "/accounts/me")["event_seq"]
        paths = {
            _PAGE: ("/chats?limit=50", anna.token),
            "50 events after a cursor": (f"/chats/{chat}/events?after=5000&limit=50", boris.token),
            "nothing new on one's own stream": (f"/accounts/me/events?after={head}", boris.token),
        }

        def contender(path: str, token: str) -> Contender:
            requests = [http.get(world.messenger.address, f"{API}{path}", token)] * _CONNECTIONS
            return Contender(lambda seconds: http.run(world.messenger.address, requests, seconds), world.messenger)

        return {name: contender(*asked) for name, asked in paths.items()}


def _database_ms(summary: Summary) -> float:
    return summary.cpu["database"] / summary.rate * 1000


SCENARIOS = (Reading(),)
