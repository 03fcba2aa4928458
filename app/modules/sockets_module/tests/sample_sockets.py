"""Sockets without a connection, and what sockets got about the presence of a user."""

from typing import Any
from uuid import UUID

import orjson

from app.modules.accounts_module.extension import Identity
from app.modules.sockets_module.services.registry import Registry
from app.modules.sockets_module.services.send_buffer import SendBuffer, Turn
from app.modules.sockets_module.services.socket import Socket
from app.modules.sockets_module.services.sources import Sources
from app.modules.streams_module.services.hub import Hub
from app.utils.container import Container
from tests.fakers import FakeClient, FakeSocket

UNREAD = frozenset({"not read again"})


def add_socket(container: Container, account_id: UUID) -> Socket:
    """Adds a socket that has not read what is hidden from its account."""
    send_buffer = SendBuffer(lambda message: None, None, lambda: None, Turn())  # type: ignore[arg-type, return-value]
    socket = Socket(Identity(account_id, account_id), send_buffer, container.get(Hub), container.get(Sources))
    container.get(Registry).add(socket)
    socket.hidden = UNREAD
    return socket


def noting_socket(user: FakeClient, container: Container, received: list[dict[str, Any]]) -> Socket:
    """Returns a socket that records the frames sent to it."""

    async def send(message: Any) -> None:
        received.append(orjson.loads(message["text"]))

    send_buffer = SendBuffer(send, None, lambda: None, Turn())
    return Socket(Identity(user.uuid, user.uuid), send_buffer, container.get(Hub), container.get(Sources))


def changes(socket: FakeSocket, user: FakeClient) -> list[bool]:
    """Returns what the socket got about the presence of the user."""
    return [
        signal["online"]
        for signal in socket.signals
        if signal["kind"] == "presence" and signal["account_id"] == user.id
    ]
