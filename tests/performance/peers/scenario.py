"""The same work in other servers for conversations, on the same PostgreSQL: 32 users in eight rooms of four.

All store a message before they acknowledge it. A socket's send is done when its event has come back as well, as
ejabberd's is when the room has sent it back; Synapse's is done when it is acknowledged, as one over REST.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TypeVar

from app.settings import PROJECT_ROOT
from tests.performance import fill
from tests.performance.load import http, websocket
from tests.performance.peers import ejabberd, synapse
from tests.performance.peers.packages import install_ejabberd, install_synapse
from tests.performance.scenario import Contender, Ratio, Scenario, rate_of
from tests.performance.servers import Server
from tests.performance.world import API, User, World

_INSTALLED = PROJECT_ROOT / ".data" / "peers"
_USERS, _MEMBERS = 32, 4
_MESSAGES = 500
"""Messages in a room before its history is read."""
_READERS = 8
T = TypeVar("T")


def _rooms(users: Sequence[T]) -> list[Sequence[T]]:
    """Returns the members of each room."""
    return [users[first : first + _MEMBERS] for first in range(0, len(users), _MEMBERS)]


def _chats(world: World) -> list[tuple[User, str]]:
    """Returns each user with the chat of its room."""
    users = [world.sign_up() for _ in range(_USERS)]
    return [(user, chat) for room in _rooms(users) for chat in [world.open_chat(*room)] for user in room]


def _sends(world: World) -> Contender:
    address = world.messenger.address
    makers = [http.post_messages(address, f"{API}/chats/{chat}/messages", user.token) for user, chat in _chats(world)]
    return Contender(lambda seconds: http.run(address, makers, seconds), world.messenger)


def _delivered_sends(world: World, stack: ExitStack) -> Contender:
    clients = [(world.socket(user), websocket.send_frames(chat)) for user, chat in _chats(world)]
    for client, _ in clients:
        stack.callback(client.close)
    return Contender(
        lambda seconds: websocket.run_sends(clients, 1, seconds, wait_for_events=True),
        world.messenger,
    )


def _sends_in_ejabberd(world: World, stack: ExitStack) -> Contender:
    database = world.create_database("bench_ejabberd")
    root = install_ejabberd(_INSTALLED / "ejabberd")
    server = stack.enter_context(ejabberd.ejabberd(root, world.data / "ejabberd", database))
    names = [f"user{number}" for number in range(_USERS)]
    asyncio.run(ejabberd.create_users(database, names))
    members = [
        ejabberd.RoomMember(server.address, name, f"room{number}")
        for number, room in enumerate(_rooms(names))
        for name in room
    ]
    for member in members:
        stack.callback(member.socket.close)
    return Contender(lambda seconds: ejabberd.run_rooms(members, seconds), server)


def _start_synapse(world: World, stack: ExitStack, name: str) -> tuple[Server, list[tuple[str, str]]]:
    """Starts Synapse on a database of this name. Returns the token of each user with its room."""
    python = install_synapse(_INSTALLED / "synapse")
    server = stack.enter_context(synapse.synapse(python, world.data / name, world.create_database(name)))
    tokens = [synapse.register(server.address, f"user{number}") for number in range(_USERS)]
    return server, [
        (token, room)
        for members in _rooms(tokens)
        for room in [synapse.open_room(server.address, *members)]
        for token in members
    ]


class PeersSend(Scenario):
    name = "peers-send"
    title = "Send, 32 connections in eight rooms of four"
    unit = "messages/s"
    ratios = (
        Ratio("send over a socket, delivered, of ejabberd", rate_of("messenger, delivered", "ejabberd"), at_least=2),
        Ratio("REST send, of Synapse", rate_of("messenger, REST", "Synapse")),
    )

    def contenders(self, world: World, stack: ExitStack) -> Mapping[str, Contender]:
        server, users = _start_synapse(world, stack, "bench_synapse_sends")
        makers = [synapse.sends(server.address, room, token, number) for number, (token, room) in enumerate(users)]
        return {
            "messenger, delivered": _delivered_sends(world, stack),
            "ejabberd": _sends_in_ejabberd(world, stack),
            "messenger, REST": _sends(world),
            "Synapse": Contender(lambda seconds: http.run(server.address, makers, seconds), server),
        }


class PeersHistory(Scenario):
    name = "peers-history"
    title = "The newest 50 messages of a room, eight connections"
    ratios = (Ratio("history of 50, of Synapse", rate_of("messenger", "Synapse")),)

    def contenders(self, world: World, stack: ExitStack) -> Mapping[str, Contender]:
        user, chat = _chats(world)[0]
        asyncio.run(fill.fill_messages(world.database, chat, user.id, _MESSAGES))
        path = f"{API}/chats/{chat}/messages?limit=50"
        pages = [http.get(world.messenger.address, path, user.token)] * _READERS
        server, users = _start_synapse(world, stack, "bench_synapse_history")
        token, room = users[0]
        write = [synapse.sends(server.address, room, token, number) for number in range(_READERS)]
        written = 0
        while written < _MESSAGES:
            written += http.run(server.address, write, 1.0).count
        read = [synapse.history(server.address, room, token)] * _READERS
        return {
            "messenger": Contender(lambda seconds: http.run(world.messenger.address, pages, seconds), world.messenger),
            "Synapse": Contender(lambda seconds: http.run(server.address, read, seconds), server),
        }


SCENARIOS = (PeersSend(), PeersHistory())
