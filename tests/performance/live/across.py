"""From the acknowledgement of a send by one process to its event at a socket of another one."""

from tests.performance.live.crowd import Crowd, settle
from tests.performance.live.figure import Figure, delays
from tests.performance.load.websocket import Socket, send_frames
from tests.performance.servers import messenger
from tests.performance.world import API, World

_MESSAGES = 300
_PAUSE = 0.03


def measure(world: World) -> list[Figure]:
    anna, boris = world.people[:2]
    chat = world.open_chat(anna, boris)
    with messenger(world.data / "second", database=world.database) as second:
        speaker = world.socket(anna)
        listener = Socket(second.address, f"{API}/ws", {"token": boris.token})
        crowd = Crowd([listener])
        settle()
        talk = crowd.talk(speaker, send_frames(chat), count=_MESSAGES, pause=_PAUSE)
        crowd.close()
        speaker.close()
        listener.close()
    return delays("from the acknowledgement to a socket of another process", talk.since_acknowledged, at_most_p50=30)
