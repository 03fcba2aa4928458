"""Two hundred sockets in one chat, twenty of which stop reading."""

from tests.performance.live.crowd import Crowd, settle
from tests.performance.live.figure import Figure, delays
from tests.performance.load.http import LoadError
from tests.performance.load.websocket import Socket, send_frames
from tests.performance.outcome import percentile
from tests.performance.usage import memory
from tests.performance.world import World

_USERS, _DEVICES, _STOPPED = 20, 10, 20
_MESSAGES = 400
_PAUSE = 0.1
_TEXT = "🐻" * 4_000
"""16 KB: the kernel's buffers, some megabytes per socket, fill up before the talk is over."""
_READS_TOO_SLOWLY = (1013).to_bytes(2, "big")


def measure(world: World) -> list[Figure]:
    """Measures the same talk twice: with all listeners reading, and with some who have stopped."""
    users = [world.sign_up() for _ in range(_USERS)]
    chat = world.open_chat(*users)
    sockets = [world.socket(user) for user in users for _ in range(_DEVICES)]
    speaker = world.socket(users[0])
    crowd = Crowd(sockets)
    settle()
    make = send_frames(chat, _TEXT)
    crowd.talk(speaker, make, count=_MESSAGES // 8, pause=_PAUSE)
    all_read = crowd.talk(speaker, make, count=_MESSAGES, pause=_PAUSE).since_sent
    before = memory(world.messenger.family())
    stopped = sockets[:: len(sockets) // _STOPPED]
    crowd.leave_out(stopped)
    some_read = crowd.talk(speaker, make, count=_MESSAGES, pause=_PAUSE).since_sent
    grown = memory(world.messenger.family()) - before
    still_open = sum(not _is_closed_as_slow(client) for client in stopped)
    crowd.close()
    for client in (*sockets, speaker):
        client.close()
    more = percentile(sorted(some_read), 0.99) - percentile(sorted(all_read), 0.99)
    return [
        *delays("200 sockets, all reading", all_read),
        *delays("20 of 200 sockets stopped reading: the others", some_read),
        Figure("p99 that the stopped sockets add to the others", more * 1000, "ms", 10),
        Figure("memory that the stopped sockets take", grown / 1e6, "MB", 50),
        Figure("stopped sockets that were not closed with 1013", still_open, "", 0),
    ]


def _is_closed_as_slow(client: Socket) -> bool:
    """Reads what came before the close. A connection cut without a close frame counts, too: the client was not
    reading."""
    try:
        while True:
            client.next()
    except LoadError as error:
        return repr(_READS_TOO_SLOWLY)[2:-1] in str(error) or "closed the connection" in str(error)
    except ConnectionError:
        return True
