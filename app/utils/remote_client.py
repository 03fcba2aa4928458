"""The client of a connection, and whether it has disconnected."""

import asyncio
from contextvars import ContextVar, Token
from typing import Any, TypeAlias

from starlette.types import Scope

_STATE = "peer"


class ClientLeft(Exception):
    """The client disconnected while its request waited in a queue. No work was done."""


class RemoteClient:
    """The client of one connection. `has_left`: it sends nothing more. `is_gone`: no answer can reach it either.

    `is_served_last`: the server shuts down, and its request is cancelled if it takes too long.
    """

    __slots__ = ("has_left", "is_gone", "is_served_last")

    def __init__(self) -> None:
        self.has_left = self.is_gone = self.is_served_last = False


_Served: TypeAlias = "tuple[RemoteClient, asyncio.Task[Any] | None] | None"
_served: ContextVar[_Served] = ContextVar("served", default=None)


def serve_client(remote_client: RemoteClient) -> Token[_Served]:
    """Stores the client whose request the current task answers. Tasks that the request starts have no client, because
    they may work for other clients, too.

    Pass the token to `end_serving`. Otherwise the task's context refers to the task, and only the garbage collector
    frees it.
    """
    return _served.set((remote_client, asyncio.current_task()))


def end_serving(token: Token[_Served]) -> None:
    """Removes the client of the current task once its request is answered."""
    _served.reset(token)


def check_client() -> None:
    """Raises ClientLeft if the client whose request the current task answers has left.

    Queues call it when a request that waited gets its turn: abandoned requests would delay the others.
    """
    served = _served.get()
    if served is not None and served[0].has_left and served[1] is asyncio.current_task():
        raise ClientLeft


def with_remote_client(state: dict[str, object], remote_client: RemoteClient) -> dict[str, object]:
    """Returns a copy of an ASGI state that also holds the client of the connection."""
    return {**state, _STATE: remote_client}


def remote_client_of(scope: Scope) -> RemoteClient:
    """Returns the client that sent this request. With another ASGI server it never has left."""
    remote_client = scope.get("state", {}).get(_STATE)
    return remote_client if isinstance(remote_client, RemoteClient) else RemoteClient()
