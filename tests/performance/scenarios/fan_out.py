"""One message to 500 sockets, compared with a bare broadcast of the same bytes."""

from collections.abc import Mapping
from contextlib import ExitStack

from tests.performance.load import http, websocket
from tests.performance.load.websocket import Socket
from tests.performance.scenario import Contender, Ratio, Scenario, rate_of
from tests.performance.world import World

_LISTENERS = 500
_USERS = 25


class FanOut(Scenario):
    """500 devices of 25 users listen, and one user sends. A message is done when each device has it."""

    name = "fan-out"
    title = "Fan-out of one chat to 500 sockets"
    unit = "deliveries/s"
    ratios = (
        Ratio(
            "fan-out, 8 messages in flight, of a bare broadcast",
            rate_of("messenger, 8 in flight", "broadcast, 8 in flight"),
            at_least=0.6,
            goal=0.8,
        ),
        Ratio(
            "fan-out, one message at a time, of a bare broadcast",
            rate_of("messenger, 1 in flight", "broadcast, 1 in flight"),
            at_least=0.8,
        ),
    )

    def contenders(self, world: World, stack: ExitStack) -> Mapping[str, Contender]:
        users = [world.sign_up() for _ in range(_USERS)]
        # The sender's own socket would be one more listener.
        chat = world.open_chat(*users)
        ours = [world.socket(user) for user in users for _ in range(_LISTENERS // _USERS)]
        sample = _sample_event(world, users[0].token, chat, ours)
        bare = [Socket(world.broadcast.address, "/listen") for _ in range(_LISTENERS)]
        speaker = Socket(world.broadcast.address, "/say")
        for client in (*ours, *bare, speaker):
            stack.callback(client.close)

        def messenger(in_flight: int) -> Contender:
            make = websocket.send_frames(chat)
            return Contender(
                lambda seconds: websocket.run_fan_out(ours[0], make, ours, in_flight, seconds), world.messenger
            )

        def broadcast(in_flight: int) -> Contender:
            frame = websocket.encode(sample)
            return Contender(
                lambda seconds: websocket.run_fan_out(speaker, lambda: frame, bare, in_flight, seconds),
                world.broadcast,
            )

        return {
            "messenger, 8 in flight": messenger(8),
            "broadcast, 8 in flight": broadcast(8),
            "messenger, 1 in flight": messenger(1),
            "broadcast, 1 in flight": broadcast(1),
        }


def _sample_event(world: World, token: str, chat: str, listeners: list[Socket]) -> bytes:
    """Returns an event as each listener has just received it."""
    http.ask(world.messenger.address, "POST", f"/api/v1/chats/{chat}/messages", {"text": http.TEXT}, token)
    events = []
    for listener in listeners:
        while not (frame := listener.next()).startswith(b'{"event"'):
            pass
        events.append(frame)
    assert len(set(events)) == 1, "the same bytes go to everyone"
    return events[0]


SCENARIOS = (FanOut(),)
