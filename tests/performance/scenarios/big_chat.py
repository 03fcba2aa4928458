"""What a send costs its sender in a chat of many members."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack

from tests.performance import fill
from tests.performance.load import http
from tests.performance.scenario import Contender, Ratio, Scenario, rate_of
from tests.performance.world import API, World

_MEMBERS = 10_000
_CONNECTIONS = 16


class BigChat(Scenario):
    name = "big-chat"
    title = "Send to a chat of 10,000 members, 16 connections in that one chat"
    unit = "messages/s"
    ratios = (Ratio("send to 10,000 members, of one to 2", rate_of("10,000 members", "2 members"), at_least=0.9),)

    def contenders(self, world: World, stack: ExitStack) -> Mapping[str, Contender]:
        anna, boris = world.users[:2]
        small, big = world.open_chat(anna, boris), world.open_chat(anna, boris)
        asyncio.run(fill.fill_members(world.database, big, _MEMBERS - 2))

        def contender(chat: str) -> Contender:
            requests = [
                http.post_messages(world.messenger.address, f"{API}/chats/{chat}/messages", user.token)
                for user in (anna, boris) * (_CONNECTIONS // 2)
            ]
            return Contender(lambda seconds: http.run(world.messenger.address, requests, seconds), world.messenger)

        return {"10,000 members": contender(big), "2 members": contender(small)}


SCENARIOS = (BigChat(),)
