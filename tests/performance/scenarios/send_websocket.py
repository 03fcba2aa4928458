"""Sends over WebSockets, compared with what the database does with one message per transaction."""

import re
from collections.abc import Mapping
from contextlib import ExitStack

from tests.performance.load import websocket
from tests.performance.outcome import Outcome
from tests.performance.scenario import Contender, Ratio, Scenario, rate_of
from tests.performance.world import World

_CLIENTS = 16
_IN_FLIGHT = 20


class SendWebSocket(Scenario):
    """Sixteen sockets, each in a chat of its own, with 20 sends in flight on each."""

    name = "send-websocket"
    title = "Send over WebSocket, 16 sockets, 20 in flight on each"
    unit = "messages/s"
    ratios = (
        Ratio(
            "WebSocket send with its event delivered, of pgbench",
            rate_of("each event delivered", "pgbench"),
            at_least=3,
            goal=4,
        ),
        Ratio("WebSocket send acknowledged, of pgbench", rate_of("acknowledged", "pgbench")),
    )

    def contenders(self, world: World, stack: ExitStack) -> Mapping[str, Contender]:
        clients = [(world.socket(user), websocket.send_frames(chat)) for user, chat in world.alone]
        for client, _ in clients:
            stack.callback(client.close)

        def send(seconds: float, *, wait_for_events: bool) -> Outcome:
            return websocket.run_sends(clients, _IN_FLIGHT, seconds, wait_for_events=wait_for_events)

        assert world.pgbench_database
        return {
            "each event delivered": Contender(lambda seconds: send(seconds, wait_for_events=True), world.messenger),
            "acknowledged": Contender(lambda seconds: send(seconds, wait_for_events=False), world.messenger),
            "pgbench": Contender(lambda seconds: pgbench(world, seconds)),
        }


def pgbench(world: World, seconds: float) -> Outcome:
    """Runs as many clients as there are sockets. Each transaction is a message and its chat's counter, in prepared
    statements.

    It writes less than a send of the messenger does: no event, no read position, no check of the membership."""
    whole = max(round(seconds), 1)
    script = str(world.pgbench_script)
    process = world.pgbench(
        "-n", "-M", "prepared", "-c", str(_CLIENTS), "-j", "2", "-T", str(whole), "-D", "chats=16", "-f", script
    )
    output, _ = process.communicate()
    found = re.search(r"number of transactions actually processed: (\d+)", output)
    if process.returncode or found is None:
        raise RuntimeError(output)
    return Outcome(int(found[1]), whole)


SCENARIOS = (SendWebSocket(),)
