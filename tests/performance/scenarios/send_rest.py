"""Durable sends over REST, compared with a bare echo and the usual ORM endpoint."""

from collections.abc import Mapping
from contextlib import ExitStack
from itertools import cycle, islice

from tests.performance.load import http
from tests.performance.load.http import MakeRequest
from tests.performance.outcome import Outcome
from tests.performance.scenario import Contender, Ratio, Scenario, rate_of
from tests.performance.world import API, World


def sends(world: World, connections: int, chats: int = 8) -> list[MakeRequest]:
    """Spreads connections over users and chats."""
    return [
        http.post_messages(world.messenger.address, f"{API}/chats/{chat}/messages", user.token)
        for user, chat in islice(
            zip(cycle(world.users), cycle(_shifted(world.chats[:chats])), strict=False), connections
        )
    ]


def _shifted(chats: list[str]) -> list[str]:
    """Sixteen users go round these eight chats with another step, so that each user writes to two of them."""
    return chats + chats[1:] + chats[:1]


def messenger(world: World, connections: int, chats: int = 8) -> Contender:
    makers = sends(world, connections, chats)
    return Contender(lambda seconds: http.run(world.messenger.address, makers, seconds), world.messenger)


class SendRest(Scenario):
    name = "send-rest"
    title = "Send over REST, 64 connections over 8 chats"
    unit = "messages/s"
    ratios = (
        Ratio("REST send, of a bare echo", rate_of("messenger", "bare echo"), at_least=0.55, goal=0.65),
        Ratio("REST send, of the usual ORM endpoint", rate_of("messenger", "ORM endpoint"), at_least=5),
    )

    def contenders(self, world: World, stack: ExitStack) -> Mapping[str, Contender]:
        def baseline(address: http.Address, chats: list[str]) -> list[MakeRequest]:
            token = world.users[0].token
            return [http.post_messages(address, f"/chats/{chat}/messages", token) for chat in islice(cycle(chats), 64)]

        echo, orm = world.echo, world.orm
        echo_requests, orm_requests = baseline(echo.address, world.chats), baseline(orm.address, world.orm_chats)
        return {
            "messenger": messenger(world, 64),
            "bare echo": Contender(lambda seconds: http.run(echo.address, echo_requests, seconds), echo),
            "ORM endpoint": Contender(lambda seconds: http.run(orm.address, orm_requests, seconds), orm),
        }


class SendRestConnections(Scenario):
    name = "send-rest-connections"
    title = "Send over REST, other numbers of connections"
    unit = "messages/s"

    def contenders(self, world: World, stack: ExitStack) -> Mapping[str, Contender]:
        return {
            "1 connection": messenger(world, 1),
            "16 connections": messenger(world, 16),
            "256 connections": messenger(world, 256),
            "64 in one hot chat": messenger(world, 64, chats=1),
        }


class SendCalm(Scenario):
    """Sends at half of the maximum rate: the latency of a busy server that is not overloaded."""

    name = "send-calm"
    title = "Send over REST at half of the top rate, 64 connections"
    unit = "messages/s"
    ratios = (
        Ratio(
            "p99 of a send at half of the top rate, of its p50",
            lambda results: (results["at half"].p99 or 0) / (results["at half"].p50 or 1),
            at_most=5,
        ),
    )

    def contenders(self, world: World, stack: ExitStack) -> Mapping[str, Contender]:
        makers = sends(world, 64)
        top = [0.0]

        def full(seconds: float) -> Outcome:
            outcome = http.run(world.messenger.address, makers, seconds)
            top[0] = outcome.rate
            return outcome

        def half(seconds: float) -> Outcome:
            return http.run(world.messenger.address, makers, seconds, rate=top[0] / 2)

        return {"at top": Contender(full, world.messenger), "at half": Contender(half, world.messenger)}


SCENARIOS = (SendRest(), SendRestConnections(), SendCalm())
