"""The delay from the acknowledgement of a send in one process to its event at a socket of another process."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from tests.performance.live.crowd import Crowd, Talk, settle
from tests.performance.live.figure import Figure, delays
from tests.performance.load.websocket import Socket, send_frames
from tests.performance.servers import messenger
from tests.performance.world import API, World

_MESSAGES = 300
_PAUSE = 0.03


def measure(world: World) -> list[Figure]:
    with across_processes(world) as talk:
        talked = talk(count=_MESSAGES, pause=_PAUSE)
    return delays("from the acknowledgement to a socket of another process", talked.since_acknowledged, at_most_p50=30)


@contextmanager
def across_processes(world: World, more: Mapping[str, str] | None = None) -> Iterator[Callable[..., Talk]]:
    """Yields a function as `Crowd.talk` whose listener is connected to a second process, with `more` settings."""
    anna, boris = world.users[:2]
    chat = world.open_chat(anna, boris)
    with messenger(world.data / "second", database=world.database, more=more) as second:
        speaker = world.socket(anna)
        listener = Socket(second.address, f"{API}/ws", {"token": boris.token})
        crowd = Crowd([listener])
        settle()
        yield partial(crowd.talk, speaker, send_frames(chat))
        crowd.close()
        speaker.close()
        listener.close()
