"""Durable sends over REST, compared with a bare echo and the usual ORM endpoint."""

from collections.abc import Mapping
from contextlib import ExitStack
from itertools import cycle, islice

from tests.performance.load import http
from tests.performance.load.http import MakeRequest
from tests.performance.outcome import Outcome, Summary
from tests.performance.scenario import Contender, Ratio, Scenario, rate_of
from tests.performance.servers import Server
from tests.performance.world import API, World

_LONGER = 4
"""Times as long is the round in which latencies are measured: a minute in five rounds of 3 s."""


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


def baseline(address: http.Address, token: str, chats: list[str]) -> list[MakeRequest]:
    return [http.post_messages(address, f"/chats/{chat}/messages", token) for chat in islice(cycle(chats), 64)]


class SendRest(Scenario):
    name = "send-rest"
    title = "Send over REST, 64 connections over 8 chats"
    unit = "messages/s"
    ratios = (
        Ratio("REST send, of a bare echo", rate_of("messenger", "bare echo"), at_least=0.85, goal=1),
        Ratio("REST send, of the usual ORM endpoint", rate_of("messenger", "ORM endpoint"), at_least=5),
    )

    def contenders(self, world: World, stack: ExitStack) -> Mapping[str, Contender]:
        echo, orm, token = world.echo, world.orm, world.users[0].token
        echo_requests = baseline(echo.address, token, world.chats)
        orm_requests = baseline(orm.address, token, world.orm_chats)
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
    """Sends at half of the maximum rate: the latency of a busy server that is not overloaded.

    The tail of the bare echo at half of its own maximum is that of the machine and of Python.
    """

    name = "send-calm"
    title = "Send over REST at half of the top rate, 64 connections"
    unit = "messages/s"
    ratios = (
        Ratio(
            "p99 of a send at half of the top rate, of its p50",
            lambda results: _tail(results["at half"]),
            at_most=5,
            goal=4,
        ),
        Ratio(
            "the same ratio, of that of the bare echo",
            lambda results: _tail(results["at half"]) / _tail(results["bare echo at half"]),
            at_most=1.3,
        ),
    )

    def contenders(self, world: World, stack: ExitStack) -> Mapping[str, Contender]:
        return {
            **_at_top_and_half(world.messenger, sends(world, 64), ""),
            **_at_top_and_half(
                world.echo, baseline(world.echo.address, world.users[0].token, world.chats), "bare echo "
            ),
        }


def _at_top_and_half(server: Server, makers: list[MakeRequest], prefix: str) -> Mapping[str, Contender]:
    top = [0.0]

    def full(seconds: float) -> Outcome:
        outcome = http.run(server.address, makers, seconds)
        top[0] = outcome.rate
        return outcome

    def half(seconds: float) -> Outcome:
        return http.run(server.address, makers, seconds * _LONGER, rate=max(top[0], 1.0) / 2)

    return {f"{prefix}at top": Contender(full, server), f"{prefix}at half": Contender(half, server)}


def _tail(summary: Summary) -> float:
    return (summary.p99 or 0) / (summary.p50 or 1)


SCENARIOS = (SendRest(), SendRestConnections(), SendCalm())
